// Random definitions: what is right, by tables of our own, and what comes of it by mutation.

/** Numbers from 0 to 1, the same ones for the same seed. */
export function randomness(seed) {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

const longest = 'n' + 'a'.repeat(48);
const names = ['a', '_', 'b2', 'Wait_for:it', '_9', longest];
const badNames = ['', '1a', 'a-b', 'a b', ' a', 'a\n', 'é', 'a.b', longest + 'a', '𝒜', ':a', '-a'];
const titles = ['a', 'Préparer', 'big?', 'a b', 'a\tb', '"', '<b>', '\u{1f600}'.repeat(100), 't'.repeat(100)];
const badTitles = ['', ' ', ' a', 'a ', 'a\t', '\ta', 'a\nb', 'a\r', '\u{1f600}'.repeat(101), 't'.repeat(101)];
const locales = ['fr', 'de-CH', 'zh_Hant_TW', 'abcdefgh-12345678'];
const badLocales = ['', 'f', 'fr-', 'fr_', 'x y', 'abcdefghi', 'fr\n', 'é', 'fr-123456789'];
const texts = ['', 'a', 'app.f', '1 day', 'ü "x" \\ \n', '$schema', '{{title}}'];
const junk = [
	null,
	true,
	false,
	0,
	1.5,
	-3,
	'',
	'x',
	[],
	{},
	[null],
	[[]],
	['x'],
	[{}],
	{ name: 'a' },
	{ a: null },
	{ role: 'r' },
];

const kinds = {
	send_notification: { channel: 'text!', subject: 'text', message: 'text!', people: true },
	send_templated_notification: {
		channel: 'text!',
		template: 'text!',
		renderType: 'text',
		properties: 'object',
		people: true,
	},
	get_user_confirmation: {
		field: 'text!',
		options: 'array',
		message: 'text',
		channel: 'text',
		answersNeeded: 'number',
		due: 'text',
		dueChoice: 'text',
		excludeStarter: 'boolean',
		excludeAnswerersOf: 'text',
		people: true,
	},
	execute_data_flow: { dataflow: 'text!', as: 'text' },
	update_model: { as: 'text' },
	update_model_field: { field: 'text!', value: 'any', source: 'text' },
	finish: {},
	reset_to_draft: {},
	if_condition: { field: 'text!', operator: 'text!', compareWithNull: 'boolean', value: 'any' },
	switch_case: { field: 'text!' },
	pass_transition: { transition: 'text!', comment: 'text', parameters: 'object', as: 'text' },
	wait: { duration: 'text', until: 'text' },
};
const people = { userField: 'text', users: 'array', userRouting: 'text' };

// a type ends in ! if the key is needed, and in [] if it is a list
const forms = {
	workflow: {
		$schema: 'text',
		name: 'name!',
		label: 'text',
		description: 'text',
		locale: 'locale',
		states: 'state[]!',
		transitions: 'transition[]',
		timers: 'timer[]',
		translations: 'translations',
		keepRefusals: 'boolean',
		unsupported: 'array',
	},
	state: {
		name: 'name!',
		label: 'text',
		activity: 'text',
		color: 'text',
		initial: 'boolean',
		staleAfter: 'text',
		timer: 'text',
		flow: 'text',
		flowQueued: 'boolean',
		notifications: 'notification[]',
	},
	transition: {
		name: 'name!',
		label: 'text',
		askComment: 'boolean',
		undo: 'boolean',
		arcs: 'arc[]!',
		guard: 'text',
		guardMessage: 'text',
		m0: 'text',
		m1: 'text',
		m2: 'text',
		m3: 'text',
		parameters: 'parameter[]',
		grants: 'grant[]',
		timers: 'transitionTimer[]',
		flow: 'text',
		flowQueued: 'boolean',
		notifications: 'notification[]',
	},
	arc: { from: 'text!', to: 'text!' },
	parameter: {
		name: 'name!',
		label: 'text',
		type: 'text',
		needed: 'boolean',
		multiple: 'boolean',
		visibility: 'text',
		options: 'object',
	},
	grant: { role: 'text', column: 'text' },
	transitionTimer: { timer: 'text!', action: 'text!' },
	notification: {
		template: 'text!',
		channel: 'text!',
		users: 'array',
		userField: 'text',
		renderType: 'text',
		properties: 'object',
	},
	timer: { name: 'timerName!', label: 'text', column: 'text', delta: 'text', tasks: 'task[]!' },
	task: { delta: 'text', kind: 'text!', settings: 'object' },
	translation: { states: 'labels', activities: 'labels', transitions: 'labels', parameters: 'labels' },
	flow: {
		$schema: 'text',
		name: 'name!',
		label: 'text',
		structure: 'text',
		restrictAccess: 'boolean',
		runAs: 'text',
		maxRuns: 'number',
		grants: 'role[]',
		start: 'role[]',
		managers: 'role[]',
		model: 'model',
		stages: 'stage[]!',
	},
	role: { role: 'text!' },
	model: { fields: 'field[]!' },
	field: { name: 'title!', label: 'text', type: 'text', options: 'array' },
	stage: { name: 'title!', steps: 'step[]!' },
	failure: { retries: 'number', backoff: 'text', maximumBackoff: 'text', then: 'text', steps: 'step[]' },
};

// every word that means something anywhere, and some that mean nothing
const words = [
	...new Set([
		...Object.values(forms).flatMap(Object.keys),
		...Object.values(kinds).flatMap(Object.keys),
		...Object.keys(people),
		'kind',
		'settings',
		'else',
		'cases',
		'default',
		'failure',
		'timeout',
		'Name',
		'x',
		'',
		'$id',
		'constructor',
		'length',
	]),
];

const least = {
	text: 'a',
	name: 'a',
	timerName: 'a',
	title: 'a',
	'state[]': [],
	'arc[]': [],
	'task[]': [],
	'field[]': [],
	'step[]': [{ name: 'z', kind: 'finish' }],
	'stage[]': [{ name: 'z', steps: [{ name: 'z', kind: 'finish' }] }],
};

/** What an object needs, and nothing else. */
const needed = (form) =>
	Object.fromEntries(
		Object.entries(form)
			.filter(([, type]) => type !== true && type.endsWith('!'))
			.map(([key, type]) => [key, structuredClone(least[type.slice(0, -1)])]),
	);

/** Each object that a definition can have, and a definition around it. */
function* objects(kind) {
	const workflow = (more) => ({ name: 'w', states: [], ...more });
	const transition = (more) => workflow({ transitions: [{ name: 't', arcs: [], ...more }] });
	const flow = (step, more) => ({ name: 'f', stages: [{ name: 's', steps: [step] }], ...more });
	if (kind === 'workflow') {
		yield [needed(forms.workflow), (object) => object];
		yield [needed(forms.state), (object) => workflow({ states: [object] })];
		yield [needed(forms.transition), (object) => workflow({ transitions: [object] })];
		yield [needed(forms.timer), (object) => workflow({ timers: [object] })];
		yield [needed(forms.arc), (object) => transition({ arcs: [object] })];
		yield [needed(forms.parameter), (object) => transition({ parameters: [object] })];
		yield [needed(forms.grant), (object) => transition({ grants: [object] })];
		yield [needed(forms.transitionTimer), (object) => transition({ timers: [object] })];
		yield [needed(forms.notification), (object) => transition({ notifications: [object] })];
		yield [
			needed(forms.notification),
			(object) => workflow({ states: [{ name: 's', notifications: [object] }] }),
		];
		yield [needed(forms.task), (object) => workflow({ timers: [{ name: 't', tasks: [object] }] })];
		yield [{}, (object) => workflow({ translations: object })];
		yield [{}, (object) => workflow({ translations: { fr: object } })];
		yield [{}, (object) => workflow({ translations: { fr: { states: object } } })];
		return;
	}
	const end = { name: 'e', kind: 'finish' };
	yield [needed(forms.flow), (object) => object];
	yield [needed(forms.model), (object) => flow(end, { model: object })];
	yield [needed(forms.field), (object) => flow(end, { model: { fields: [object] } })];
	for (const key of ['grants', 'start', 'managers'])
		yield [needed(forms.role), (object) => flow(end, { [key]: [object] })];
	yield [needed(forms.stage), (object) => ({ name: 'f', stages: [object] })];
	yield [{}, (object) => flow({ ...end, failure: object })];
	yield [{}, (object) => flow({ name: 'c', kind: 'switch_case', settings: { field: 'a' }, cases: object })];
	for (const [of, form] of Object.entries(kinds)) {
		yield [needed(form), (object) => flow({ name: 'a', kind: of, settings: object })];
		yield [{ name: 'a', kind: of, settings: needed(form) }, (object) => flow(object)];
	}
}

/** Every object without each of its keys, and with every word as key of values of all types. */
export function* everyKey(kind) {
	for (const [object, around] of objects(kind)) {
		yield around(object);
		for (const value of [null, true, 0, '', [], [object]]) yield around(value);
		for (const key of Object.keys(object)) {
			const { [key]: left, ...rest } = object;
			yield around(rest);
		}
		for (const word of words)
			for (const value of [null, true, 0, 'a', [], {}]) yield around({ ...object, [word]: value });
	}
}

export class Definitions {
	constructor(seed) {
		this.random = randomness(seed);
	}

	below(number) {
		return Math.floor(this.random() * number);
	}

	chance(probability) {
		return this.random() < probability;
	}

	one(list) {
		return list[this.below(list.length)];
	}

	list(most, make) {
		return Array.from({ length: this.below(most + 1) }, make);
	}

	/** Something that has the right form: 'workflow' or 'flow', or a part of them. */
	right(type, depth = 0) {
		if (type.endsWith('[]')) {
			return this.list(depth > 6 ? 0 : 2, () => this.right(type.slice(0, -2), depth + 1));
		}
		switch (type) {
			case 'text':
				return this.one(texts);
			case 'name':
				return this.one(names);
			case 'timerName':
				return this.one([...names, 'a-b', 'a-']);
			case 'title':
				return this.one(titles);
			case 'locale':
				return this.one([...locales, '']);
			case 'boolean':
				return this.chance(0.5);
			case 'number':
				return this.one([0, 1, 2.5, -1, 1e20]);
			case 'array':
				return this.one([[], [1], ['x', null], [{ a: [] }]]);
			case 'object':
				return this.one([{}, { values: [1] }, { name: null, x: [] }]);
			case 'any':
				return this.one(junk);
			case 'labels':
				return Object.fromEntries(
					this.list(2, () => [this.one([...names, ...badNames]), this.one(texts)]),
				);
			case 'translations':
				return Object.fromEntries(
					this.list(2, () => [this.one(locales), this.filled(forms.translation, depth, false)]),
				);
			case 'step':
				return this.step(depth);
			default:
				return this.filled(forms[type], depth);
		}
	}

	/** An object with the keys that it needs and some others, which may be null. */
	filled(form, depth, nulls = true) {
		const object = {};
		for (const [key, type] of Object.entries(form)) {
			const needed = type.endsWith('!');
			if (!needed && !this.chance(0.25)) continue;
			object[key] =
				!needed && nulls && this.chance(0.2)
					? null
					: this.right(needed ? type.slice(0, -1) : type, depth + 1);
			if (['stages', 'steps'].includes(key) && needed && object[key].length === 0)
				object[key].push(this.right(type.slice(0, -3), depth + 2));
		}
		return object;
	}

	step(depth) {
		const kind = this.one(Object.keys(kinds));
		const { people: hasPeople, ...form } = kinds[kind];
		const step = { name: this.one(titles), kind };
		const settings = this.filled({ ...form, ...(hasPeople ? people : {}), timeout: 'text' }, depth);
		const isNeeded = Object.values(form).some((type) => type.endsWith('!'));
		if (isNeeded || this.chance(0.5)) step.settings = settings;
		else if (this.chance(0.3)) step.settings = null;
		const branch = () => (this.chance(0.2) ? null : this.right('step[]', depth + 3));
		if (kind === 'if_condition' && this.chance(0.7)) step.else = branch();
		if (kind === 'switch_case' && this.chance(0.7))
			step.cases = Object.fromEntries(this.list(2, () => [this.one(['yes', 'no', '']), branch()]));
		if (kind === 'switch_case' && this.chance(0.5)) step.default = branch();
		if (this.chance(0.2)) step.failure = this.chance(0.2) ? null : this.filled(forms.failure, depth + 3);
		return step;
	}

	/** Every place in a value: what holds it, and under which key. */
	places(value, found = []) {
		if (value !== null && typeof value === 'object') {
			for (const key of Object.keys(value)) {
				found.push([value, Array.isArray(value) ? Number(key) : key]);
				this.places(value[key], found);
			}
		}
		return found;
	}

	/** The same with something else in it, which may be as right as before. */
	mutated(definition) {
		const root = { root: structuredClone(definition) };
		const places = this.places(root);
		const [holder, key] = this.one(places);
		const at = holder[key];
		const parent =
			at !== null && typeof at === 'object' && !Array.isArray(at)
				? at
				: !Array.isArray(holder) && holder !== root
					? holder
					: null;
		switch (this.below(9)) {
			case 0:
				holder[key] = structuredClone(this.one(junk));
				break;
			case 1:
				if (holder === root) break;
				if (Array.isArray(holder)) holder.splice(key, 1);
				else delete holder[key];
				break;
			case 2:
				if (parent) parent[this.one(words)] = structuredClone(this.one(junk));
				break;
			case 3:
				holder[key] = null;
				break;
			case 4:
				holder[key] = [at];
				break;
			case 5:
				holder[key] = { [this.one(words)]: at };
				break;
			case 6:
				holder[key] = structuredClone(this.one(this.one(places)) ?? null);
				break;
			case 7:
				if (parent) {
					const old = this.one(Object.keys(parent)) ?? 'x';
					const value = parent[old];
					delete parent[old];
					parent[this.one(words)] = value ?? null;
				}
				break;
			default: {
				// a name, a title, a locale or a kind that is none, or another one
				const named = places.filter(
					([object, name]) => ['name', 'kind', 'locale'].includes(name) && object !== root,
				);
				if (named.length === 0 || this.chance(0.1)) {
					if (root.root?.translations && typeof root.root.translations === 'object')
						root.root.translations[this.one(badLocales)] = {};
					break;
				}
				const [object, name] = this.one(named);
				object[name] = this.one(
					name === 'kind'
						? [...Object.keys(kinds), 'dance', '', 'toString']
						: [...badNames, ...badTitles, ...badLocales, ...names, ...titles],
				);
			}
		}
		return root.root;
	}
}
