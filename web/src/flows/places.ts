// Where steps are: the lists of a definition, those of stages and of branches.
import type { FlowDefinition, Step } from '../api/types';

export interface Place {
	stage: string;
	parent?: string;
	branch?: string;
	branch_value?: string;
}
export interface StepList {
	place: Place;
	steps: Step[];
}

/** The lists in the branches of a step, with what each is called. */
export function branchesOf(step: Step, stage: string): StepList[] {
	const at = (branch: string, steps: Step[] | undefined, value?: string) => ({
		place: { stage, parent: step.name, branch, ...(value === undefined ? {} : { branch_value: value }) },
		steps: steps ?? [],
	});
	return [
		...(step.kind === 'if_condition' ? [at('else', step.else)] : []),
		...(step.kind === 'switch_case'
			? [
					...Object.entries(step.cases ?? {}).map(([value, steps]) => at('case', steps, value)),
					at('default', step.default),
				]
			: []),
		...(step.failure?.then === 'branch' ? [at('failure', step.failure.steps)] : []),
	];
}

/** All lists of steps, in the order in which they are shown. */
export function allLists(definition: FlowDefinition): StepList[] {
	const inside = (list: StepList): StepList[] => [
		list,
		...list.steps.flatMap((step) => branchesOf(step, list.place.stage).flatMap(inside)),
	];
	return definition.stages.flatMap((stage) => inside({ place: { stage: stage.name }, steps: stage.steps }));
}

export function findStep(
	definition: FlowDefinition,
	name: string,
): { step: Step; list: StepList; index: number } | null {
	for (const list of allLists(definition)) {
		const index = list.steps.findIndex((step) => step.name === name);
		if (index >= 0) return { step: list.steps[index], list, index };
	}
	return null;
}

export const placeKey = (place: Place) =>
	JSON.stringify([place.stage, place.parent, place.branch, place.branch_value]);

/** A name that no step or stage has yet. */
export function freeName(wanted: string, taken: string[]) {
	for (let n = 1; ; n++) {
		const name = n === 1 ? wanted : `${wanted} ${n}`;
		if (!taken.includes(name)) return name;
	}
}

export const stepNames = (definition: FlowDefinition) =>
	allLists(definition).flatMap((list) => list.steps.map((step) => step.name));

/** The arguments of add_step and move_step for a place; a place in a branch is found by its step. */
export function placeArgs(place: Place, position: number | null) {
	const { stage, ...branch } = place;
	return { stage: place.parent ? null : stage, ...branch, at_position: position };
}
