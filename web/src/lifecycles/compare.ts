// What differs between two versions, by what it belongs to, and as it is drawn.
import type { Change, Difference, Lifecycle, WorkflowDefinition } from '../api/types';
import { pictureOf, wholeOf } from './objects';

export interface Group {
	object: string;
	rows: Difference[];
}

/** Differences by the state, transition or whatever else they are of. */
export function groupsOf(rows: Difference[]): Group[] {
	const found = new Map<string, Difference[]>();
	for (const row of rows) {
		const object = wholeOf(row.object) ?? row.object;
		found.set(object, [...(found.get(object) ?? []), row]);
	}
	return [...found].map(([object, rows]) => ({ object, rows }));
}

/** Both in one picture, with what has come, gone or changed. */
export function pictureOfBoth(before: WorkflowDefinition, after: WorkflowDefinition, rows: Difference[]) {
	const [old, now] = [pictureOf(before), pictureOf(after)];
	const hasState = (picture: Lifecycle, name: string) => picture.states.some((state) => state.name === name);
	const hasArc = (picture: Lifecycle, arc: Lifecycle['arcs'][number]) =>
		picture.arcs.some((one) => one.transition === arc.transition && one.from === arc.from && one.to === arc.to);
	const changed = new Set(rows.filter((row) => row.kind !== 'arc').map((row) => wholeOf(row.object)));

	const marks = new Map<string, Change>();
	const picture: Lifecycle = {
		...now,
		states: [...now.states, ...old.states.filter((state) => !hasState(now, state.name))],
		// one that leads elsewhere now is drawn once, as it is
		arcs: [
			...now.arcs,
			...old.arcs.filter((arc) => !now.arcs.some((one) => one.transition === arc.transition && one.from === arc.from)),
		],
	};
	for (const { name } of picture.states) {
		const object = `state ${name}`;
		if (!hasState(old, name)) marks.set(object, 'added');
		else if (!hasState(now, name)) marks.set(object, 'removed');
		else if (changed.has(object)) marks.set(object, 'changed');
	}
	for (const arc of picture.arcs) {
		const object = `transition ${arc.transition} from ${arc.from}`;
		const isOld = old.arcs.some((one) => one.transition === arc.transition && one.from === arc.from);
		if (!isOld) marks.set(object, 'added');
		else if (!now.arcs.includes(arc)) marks.set(object, 'removed');
		else if (!hasArc(old, arc) || changed.has(`transition ${arc.transition}`)) marks.set(object, 'changed');
	}
	return { picture, marks };
}

/** A value of a definition, in a line. */
export function valueWords(value: unknown): string {
	if (value === null || value === undefined || value === '') return '–';
	if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value.join(', ');
	return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
