// A draft of a flow. The server's answer to a verb is the only state; what is kept beside it
// is how to go back, and a change that came too late.
import { ask, call, Failure, from, rows } from '../api/client';
import type { Catalogue, DraftAnswer, Fault, FlowDefinition, FlowVersion } from '../api/types';
import { t } from '../app/words.svelte';
import { announce, tell } from '../ui/announcer.svelte';
import { said } from '../ui/said';

type Args = Record<string, unknown>;
/** What is to be done. Arguments that depend on the definition are made when it is their turn; null: nothing is to be done. */
export interface Change { verb: string; args: Args | (() => Args | null); words: string }
export interface Conflict { by: string; change: Change | null }

export class Draft {
	definition = $state.raw<FlowDefinition>()!;
	faults = $state.raw<Fault[]>([]);
	revision = $state(0);
	version = $state(0);
	catalogue = $state.raw<Catalogue>()!;
	busy = $state(false);
	conflict = $state<Conflict | null>(null);
	/** Counted up with each answer, also with one that changes nothing: lists that were dragged are drawn anew. */
	answers = $state(0);
	selected = $state<string | null>(null);
	/** Another number for each step that is selected; a step that is renamed stays selected. */
	selection = $state(0);
	#last: Promise<boolean> = Promise.resolve(true);
	#past = $state.raw<FlowDefinition[]>([]);
	#future = $state.raw<FlowDefinition[]>([]);

	constructor(readonly name: string) {}

	get canUndo() { return this.#past.length > 0 && !this.busy; }
	get canRedo() { return this.#future.length > 0 && !this.busy; }
	get errors() { return this.faults.filter((fault) => fault.severity === 'error'); }

	async open() {
		this.#take(await call<DraftAnswer>('draft_flow', { flow: this.name }));
		await this.#readCatalogue();
		return this;
	}

	#take(answer: DraftAnswer) {
		if (this.selected && !findStep(answer.definition, this.selected)) this.selected = null;
		Object.assign(this, { definition: answer.definition, faults: answer.faults, revision: answer.revision, version: answer.version });
		this.answers++;
	}

	async #readCatalogue() {
		this.catalogue = await ask<Catalogue>('builder_catalogue', { structure: this.definition.structure });
		if (!this.definition.structure)
			this.catalogue.fields = (this.definition.model?.fields ?? []).map((field) => ({
				name: field.name, label: field.label ?? '', type: field.type ?? '', options: field.options ?? null, nullable: true,
				input: field.options ? 'choice' : { number: 'number', boolean: 'boolean', date: 'date' }[field.type ?? ''] ?? 'text',
			}));
	}

	select(step: string | null) {
		this.selected = step;
		this.selection++;
	}

	/** Do what a verb does; true if it was done. A step that is renamed stays selected as SELECTED. */
	async apply(change: Change, selected?: string): Promise<boolean> {
		let before = this.definition;
		const done = await this.#inTurn(() => {
			before = this.definition;
			return this.#send(change, selected);
		});
		if (done) {
			this.#past = [...this.#past, before].slice(-100);
			this.#future = [];
			announce(change.words + (this.errors.length ? `. ${t('faults', { n: this.errors.length })}` : ''));
		}
		return done;
	}

	/** One after the other, each upon what the one before has made. */
	#inTurn(act: () => Promise<boolean>): Promise<boolean> {
		this.#last = this.#last.then(act);
		return this.#last;
	}

	async #send(change: Change, selected?: string): Promise<boolean> {
		const args = typeof change.args === 'function' ? change.args() : change.args;
		if (!args) return false;
		this.busy = true;
		try {
			const structure = this.definition.structure;
			const answer = await call<DraftAnswer>(change.verb, { flow: this.name, ...args }, this.revision);
			this.selected = selected ?? this.selected;
			this.#take(answer);
			if (this.definition.structure !== structure || change.verb === 'update_flow') await this.#readCatalogue();
			return true;
		} catch (failure) {
			this.answers++;
			if (failure instanceof Failure && failure.status === 412) await this.#catchUp(change).catch((lost) => tell(said(lost), true));
			else tell(said(failure), true);
			return false;
		} finally {
			this.busy = false;
		}
	}

	/** Somebody else has changed the draft: show theirs, and keep what was to be changed. */
	async #catchUp(change: Change | null) {
		const answer = await call<DraftAnswer>('draft_flow', { flow: this.name });
		this.#take(answer);
		this.#past = [];
		this.#future = [];
		this.conflict = { by: answer.changedBy ?? '?', change };
		announce(t('changedByOther', { name: this.conflict.by }));
	}

	/** The change that came too late, on the draft as it is now. */
	async applyAgain() {
		const change = this.conflict?.change;
		this.conflict = null;
		if (change) await this.apply(change);
	}

	/** Has somebody else changed the draft, or done away with it? */
	async look(): Promise<'gone' | void> {
		if (this.busy || document.hidden) return;
		const [found] = await rows<FlowVersion>(from('flow_versions').select('revision').eq('flow', this.name).eq('status', 'draft'));
		if (!found) return 'gone';
		if (found.revision !== this.revision && !this.busy) await this.#catchUp(null);
	}

	undo() {
		return this.#inTurn(async () => {
			const definition = this.#past.at(-1);
			const now = this.definition;
			if (!definition || !(await this.#send({ verb: 'replace_flow', args: { definition }, words: t('undone') }))) return false;
			this.#past = this.#past.slice(0, -1);
			this.#future = [...this.#future, now];
			announce(t('undone'));
			return true;
		});
	}

	redo() {
		return this.#inTurn(async () => {
			const definition = this.#future.at(-1);
			const now = this.definition;
			if (!definition || !(await this.#send({ verb: 'replace_flow', args: { definition }, words: t('redone') }))) return false;
			this.#future = this.#future.slice(0, -1);
			this.#past = [...this.#past, now];
			announce(t('redone'));
			return true;
		});
	}

	publish = () => call<number>('publish_flow', { flow: this.name }, this.revision);
	discard = () => call('discard_flow', { flow: this.name }, this.revision);
}

// Places in a definition

export interface Place { stage: string; parent?: string; branch?: string; branch_value?: string }
export interface StepList { place: Place; steps: import('../api/types').Step[] }
type Step = import('../api/types').Step;

/** The lists in the branches of a step, with what each is called. */
export function branchesOf(step: Step, stage: string): StepList[] {
	const at = (branch: string, steps: Step[] | undefined, value?: string) => ({
		place: { stage, parent: step.name, branch, ...(value === undefined ? {} : { branch_value: value }) }, steps: steps ?? [],
	});
	return [
		...(step.kind === 'if_condition' ? [at('else', step.else)] : []),
		...(step.kind === 'switch_case' ? [...Object.entries(step.cases ?? {}).map(([value, steps]) => at('case', steps, value)), at('default', step.default)] : []),
		...(step.failure?.then === 'branch' ? [at('failure', step.failure.steps)] : []),
	];
}

/** All lists of steps, in the order in which they are shown. */
export function allLists(definition: FlowDefinition): StepList[] {
	const inside = (list: StepList): StepList[] => [list, ...list.steps.flatMap((step) => branchesOf(step, list.place.stage).flatMap(inside))];
	return definition.stages.flatMap((stage) => inside({ place: { stage: stage.name }, steps: stage.steps }));
}

export function findStep(definition: FlowDefinition, name: string): { step: Step; list: StepList; index: number } | null {
	for (const list of allLists(definition)) {
		const index = list.steps.findIndex((step) => step.name === name);
		if (index >= 0) return { step: list.steps[index], list, index };
	}
	return null;
}

export const placeKey = (place: Place) => JSON.stringify([place.stage, place.parent, place.branch, place.branch_value]);

/** A name that no step or stage has yet. */
export function freeName(wanted: string, taken: string[]) {
	for (let n = 1; ; n++) {
		const name = n === 1 ? wanted : `${wanted} ${n}`;
		if (!taken.includes(name)) return name;
	}
}

export const stepNames = (definition: FlowDefinition) => allLists(definition).flatMap((list) => list.steps.map((step) => step.name));

/** The arguments of add_step and move_step for a place; a place in a branch is found by its step. */
export function placeArgs(place: Place, position: number | null) {
	const { stage, ...branch } = place;
	return { stage: place.parent ? null : stage, ...branch, at_position: position };
}
