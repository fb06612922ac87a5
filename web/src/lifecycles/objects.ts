// What a workflow is made of, by the names that faults and differences give it: "state open",
// "transition pay parameter reason".
import type { Fault, Lifecycle, WorkflowDefinition } from '../api/types';
import { word } from '../base/words.svelte';

export const stateObject = (name: string) => `state ${name}`;
export const transitionObject = (name: string) => `transition ${name}`;

/** The kind and the name of a state or a transition; null for what is neither. */
export function partOf(object: string): { kind: 'state' | 'transition'; name: string } | null {
	const [kind, name] = object.split(' ');
	return (kind === 'state' || kind === 'transition') && name ? { kind, name } : null;
}

/** The state or transition that an object is, or is a part of. */
export function wholeOf(object: string) {
	const part = partOf(object);
	return part ? `${part.kind} ${part.name}` : null;
}

export const listOf = (definition: WorkflowDefinition, kind: 'state' | 'transition') =>
	kind === 'state' ? definition.states : definition.transitions;

export function hasObject(definition: WorkflowDefinition, object: string) {
	const part = partOf(object);
	return part !== null && listOf(definition, part.kind).some((one) => one.name === part.name);
}

/** Names have no spaces: kinds and names take turns. */
const kinds = 'state|transition|timer|workflow|parameter|arc|grant|notification|task|translation|from|role|column';
export const objectWords = (object: string) =>
	object.replace(new RegExp(`\\b(${kinds})\\b(?= )`, 'g'), (kind) => word('object', kind));

/** Faults of an object itself, and those of its parts, unless these are shown beside the parts. */
export const faultsOf = (faults: Fault[], object: string, shownElsewhere: RegExp | null = null) =>
	faults.filter(
		(fault) =>
			fault.object === object ||
			(fault.object.startsWith(`${object} `) && !shownElsewhere?.test(fault.object.slice(object.length + 1))),
	);

/** The worst of some faults. */
export const worst = (faults: Fault[]) =>
	faults.some((fault) => fault.severity === 'error') ? 'error' : faults.length ? 'warning' : null;

export const labelOf = (part: { name: string; label?: string | null }) => part.label || part.name;

/** A definition as it is drawn; arcs from or to nowhere are not. */
export function pictureOf(definition: WorkflowDefinition, version = 0): Lifecycle {
	const names = new Set(definition.states.map((state) => state.name));
	return {
		workflow: definition.name,
		version,
		states: definition.states.map((state) => ({
			name: state.name,
			label: labelOf(state),
			activity: state.activity ?? '',
			color: state.color ?? '',
			initial: state.initial === true,
		})),
		arcs: definition.transitions.flatMap((transition) =>
			(transition.arcs ?? [])
				.filter((arc) => names.has(arc.from) && names.has(arc.to))
				.map((arc) => ({ transition: transition.name, label: labelOf(transition), ...arc })),
		),
	};
}

/** A name that none of these has yet. */
export function freeName(wanted: string, taken: string[]) {
	for (let n = 1; ; n++) {
		const name = n === 1 ? wanted : `${wanted}_${n}`;
		if (!taken.includes(name)) return name;
	}
}
