// The words of the screens, in the reader's language.
import en from './words/en';

export type Words = Record<keyof typeof en, string>;

const languages: Record<string, () => Promise<{ default: Words }>> = { fr: () => import('./words/fr') };

let words = $state.raw<Words>(en);
let language = $state('en');

export async function speakLanguage(wanted: readonly string[]) {
	for (const locale of wanted) {
		const name = locale.split('-')[0].toLowerCase();
		if (name !== 'en' && !languages[name]) continue;
		if (languages[name]) words = (await languages[name]()).default;
		language = name;
		break;
	}
	document.documentElement.lang = language;
}

/** A text with its values filled in: t('runs', {n: 3}). */
export function t(key: keyof typeof en, values: Record<string, string | number> = {}) {
	return words[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
}

/** A word for something that the database names, or its own name if there is none. */
export function word(group: string, name: string | null | undefined) {
	const key = `${group}.${name}` as keyof typeof en;
	return name == null ? '' : (words[key] ?? name);
}

const units: [Intl.RelativeTimeFormatUnit, number][] = [
	['year', 31536000],
	['month', 2592000],
	['day', 86400],
	['hour', 3600],
	['minute', 60],
	['second', 1],
];

/** How long ago, or how long until. */
export function ago(time: string, now = Date.now()) {
	const seconds = (new Date(time).getTime() - now) / 1000;
	const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) ?? units[units.length - 1];
	return new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' }).format(
		Math.round(seconds / size),
		unit,
	);
}

export const moment = (time: string) =>
	new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(time));

export const number = (value: number, digits = 1) =>
	new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);

/** What a language is called in the reader's; its own code, if nobody knows it. */
export function languageName(locale: string) {
	try {
		return new Intl.DisplayNames(language, { type: 'language' }).of(locale.replace('_', '-')) ?? locale;
	} catch {
		return locale;
	}
}
