// Where the reader is: an address after the hash, so that any web server will do.

interface Place {
	path: string[];
	query: URLSearchParams;
}

function placeOf(hash: string): Place {
	const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
	return { path: path.split('/').filter(Boolean).map(decode), query: new URLSearchParams(query) };
}

function decode(part: string) {
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
}

let place = $state.raw(placeOf(location.hash));
addEventListener('hashchange', () => (place = placeOf(location.hash)));

export const here = {
	get path() {
		return place.path;
	},
	get query() {
		return place.query;
	},
};

/** The address of a place, for href. */
export function to(path: (string | number)[], query: Record<string, string | null | undefined> = {}) {
	const given = Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1]));
	const search = new URLSearchParams(given).toString();
	return `#/${path.map((part) => encodeURIComponent(part)).join('/')}${search ? `?${search}` : ''}`;
}

export function go(path: (string | number)[], query: Record<string, string | null | undefined> = {}) {
	location.hash = to(path, query);
}

/** The same place with other filters; IS_TYPED: of many letters, one can go back to none. */
export function refine(query: Record<string, string | null | undefined>, isTyped = false) {
	const address = to(place.path, { ...Object.fromEntries(place.query), ...query });
	if (!isTyped) return void (location.hash = address);
	history.replaceState(null, '', address);
	place = placeOf(location.hash);
}
