// Parameters of a transition, from its documented answer to the values of a form and back.

export interface AskedParameter {
	id: string;
	label: string;
	type: string;
	visibility: string;
	multiple: boolean;
	needed: boolean;
	options: { values?: unknown };
}
interface Transition {
	askComment: boolean;
	askAttributes: AskedParameter[];
}
export interface AskedFor {
	data?: { transition: Transition };
	transition?: Transition;
	askComment?: boolean;
}

export interface Parameter {
	name: string;
	label: string;
	type: string;
	multiple: boolean;
	needed: boolean;
	/** What can be chosen, and what it is called; none: anything. */
	values: { value: string; label: string }[];
}
export type Entered = string | boolean | string[] | undefined;

const transitionOf = (answer: AskedFor) => answer.data?.transition ?? answer.transition;

export const asksComment = (answer: AskedFor) => transitionOf(answer)?.askComment !== false;

/** A list of values, or an object with a label for each. */
function choicesOf(values: unknown) {
	if (Array.isArray(values)) return values.map((value) => ({ value: String(value), label: String(value) }));
	if (!values || typeof values !== 'object') return [];
	return Object.entries(values).map(([value, label]) => ({ value, label: String(label) }));
}

/** Those that the caller may give a value to. */
export function parametersOf(answer: AskedFor): Parameter[] {
	return (transitionOf(answer)?.askAttributes ?? [])
		.filter((parameter) => parameter.visibility === 'write')
		.map((parameter) => ({
			name: parameter.id,
			label: parameter.label || parameter.id,
			type: parameter.type,
			multiple: parameter.multiple,
			needed: parameter.needed,
			values: choicesOf(parameter.options?.values),
		}));
}

function one(type: string, text: string): unknown {
	switch (type) {
		case 'int':
		case 'double': {
			const value = Number(text);
			return text.trim() !== '' && Number.isFinite(value) ? value : text;
		}
		case 'money':
			return text;
		case 'timestamp':
			return text ? new Date(text).toISOString() : text;
		case 'json':
			return JSON.parse(text);
		default:
			return text;
	}
}

/** What is sent for what was entered; undefined for nothing. */
export function valueOf(parameter: Parameter, entered: Entered): unknown {
	if (entered === undefined || entered === '' || (Array.isArray(entered) && entered.length === 0)) return undefined;
	if (typeof entered === 'boolean') return entered;
	if (Array.isArray(entered)) return entered.map((text) => one(parameter.type, text));
	if (!parameter.multiple) return one(parameter.type, entered);
	return entered
		.split('\n')
		.filter((line) => line.trim())
		.map((line) => one(parameter.type, line.trim()));
}
