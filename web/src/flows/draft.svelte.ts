// A draft of a flow. The server's answer to a verb is the only state; what is kept beside it
// is how to go back, and a change that came too late.
import { ask, call, Failure, from, rows } from '../api/client';
import type { Catalogue, DraftAnswer, Fault, FlowDefinition, FlowVersion } from '../api/types';
import { session } from '../base/session.svelte';
import { t } from '../base/words.svelte';
import { announce, tell } from '../ui/announcer.svelte';
import { said } from '../ui/said';
import { allLists, findStep, placeKey } from './places';

type Args = Record<string, unknown>;
/** What is to be done. Arguments that depend on the definition are made when it is their turn; null: nothing is to be done. */
export interface Change {
	verb: string;
	args: Args | (() => Args | null);
	words: string;
}
/** A step that the change renames: it stays selected, and changes that wait find it. */
export interface Renamed {
	from: string;
	to: string;
}
export interface Conflict {
	by: string;
	change: Change | null;
}

export class Draft {
	definition = $state.raw<FlowDefinition>()!;
	faults = $state.raw<Fault[]>([]);
	version = $state(0);
	catalogue = $state.raw<Catalogue>()!;
	busy = $state(false);
	conflict = $state<Conflict | null>(null);
	/** Counted up with each answer, also with one that changes nothing: lists that were dragged are drawn anew. */
	answers = $state(0);
	selected = $state<string | null>(null);
	/** Another number for each step that is selected; a step that is renamed stays selected. */
	selection = $state(0);
	#revision = '';
	#isClosed = false;
	/** An answer was lost: what became of the change is not known. */
	#isUnsure = false;
	#last: Promise<unknown> = Promise.resolve();
	#renamed = new Map<string, string>();
	#past = $state.raw<FlowDefinition[]>([]);
	#future = $state.raw<FlowDefinition[]>([]);

	/** Done away with by somebody else. */
	isGone = $state(false);
	/** A step is in somebody's hand: lists stay as they are. */
	isDragged = false;
	// changes that wait are those of whoever has made them
	readonly #by = session.me;

	constructor(readonly name: string) {}

	get canUndo() {
		return this.#past.length > 0;
	}
	get canRedo() {
		return this.#future.length > 0;
	}
	get errors() {
		return this.faults.filter((fault) => fault.severity === 'error');
	}

	async open() {
		this.#take(await call<DraftAnswer>('draft_flow', { flow: this.name }));
		await this.#readCatalogue();
		return this;
	}

	select(step: string | null) {
		this.selected = step;
		this.selection++;
	}

	/** A step by the name that it had when a change was made, which may have been changed since. */
	step = (name: string) => this.find(name)?.step ?? null;

	/** The same with its place. */
	find(name: string) {
		for (let now: string | undefined = name; now !== undefined; now = this.#renamed.get(now)) {
			const found = findStep(this.definition, now);
			if (found) return found;
		}
		return null;
	}

	/** Do what a verb does, and say why not if it was not done; true if it was. */
	async apply(change: Change, renamed?: Renamed): Promise<boolean> {
		try {
			return await this.do(change, renamed);
		} catch (failure) {
			tell(said(failure), true);
			return false;
		}
	}

	/** The same for a dialog, which shows the failure. A conflict is shown beside the draft. */
	do(change: Change, renamed?: Renamed): Promise<boolean> {
		return this.#inTurn(async () => {
			const before = this.definition;
			if (!(await this.#send(change, change, renamed))) return false;
			this.#past = [...this.#past, before].slice(-100);
			this.#future = [];
			announce(change.words + (this.errors.length ? `. ${t('faults', { n: this.errors.length })}` : ''));
			return true;
		});
	}

	undo = () =>
		this.#goTo(
			t('undone'),
			() => this.#past.at(-1),
			(now) => {
				this.#past = this.#past.slice(0, -1);
				this.#future = [...this.#future, now];
			},
		);

	redo = () =>
		this.#goTo(
			t('redone'),
			() => this.#future.at(-1),
			(now) => {
				this.#future = this.#future.slice(0, -1);
				this.#past = [...this.#past, now];
			},
		);

	publish = () => this.#close<number>('publish_flow');
	discard = () => this.#close<void>('discard_flow');

	/** The change that came too late, on the draft as it is now. */
	async applyAgain() {
		const change = this.conflict?.change;
		this.conflict = null;
		if (!change) return;
		try {
			const isDone = await this.do(change);
			if (!isDone && !this.conflict && !this.isGone) tell(t('nothingToApply'), true);
		} catch (failure) {
			tell(said(failure), true);
		}
	}

	/** Has somebody else changed the draft, or done away with it? */
	look(): Promise<void> {
		return this.#inTurn(async () => {
			if (this.#isClosed || this.isDragged || document.hidden || this.#by !== session.me) return;
			const [found] = await rows<FlowVersion>(
				from('flow_versions').select('revision').eq('flow', this.name).eq('status', 'draft'),
			);
			if (!found) this.isGone = this.#isClosed = true;
			else if (this.#isUnsure) await this.#readAgain();
			else if (found.revision !== this.#revision) await this.#catchUp(null);
		});
	}

	/** One after the other, each upon what the one before has made. */
	#inTurn<T>(act: () => Promise<T>): Promise<T> {
		const turn = this.#last.then(act, act);
		this.#last = turn.catch(() => {});
		return turn;
	}

	/** True if the verb was done; false if there was nothing to do, or somebody else was faster: then KEPT may be applied again. */
	async #send(change: Change, kept: Change | null, renamed?: Renamed): Promise<boolean> {
		const args = typeof change.args === 'function' ? change.args() : change.args;
		if (!args || this.#isClosed || this.#by !== session.me) return false;
		this.busy = true;
		try {
			if (this.#isUnsure) await this.#readAgain();
			const structure = this.definition.structure;
			const answer = await call<DraftAnswer>(change.verb, { flow: this.name, ...args }, this.#revision);
			if (renamed) this.#rename(renamed);
			if (renamed && this.selected === renamed.from) this.selected = renamed.to;
			this.#take(answer);
			if (this.definition.structure !== structure || change.verb === 'update_flow')
				await this.#readCatalogue().catch((failure) => tell(said(failure), true));
			return true;
		} catch (failure) {
			this.answers++;
			this.#isUnsure ||= failure instanceof Failure && (failure.status === 0 || failure.status >= 500);
			if (failure instanceof Failure && failure.code === '42704' && !(await this.#exists())) {
				this.isGone = this.#isClosed = true;
				return false;
			}
			if (!(failure instanceof Failure && failure.status === 412)) throw failure;
			await this.#catchUp(kept);
			return false;
		} finally {
			this.busy = false;
		}
	}

	async #goTo(words: string, definitionOf: () => FlowDefinition | undefined, done: (now: FlowDefinition) => void) {
		try {
			await this.#inTurn(async () => {
				const definition = definitionOf();
				const now = this.definition;
				// not again upon what somebody else has made: it would be lost
				if (!definition || !(await this.#send({ verb: 'replace_flow', args: { definition }, words }, null))) return;
				done(now);
				announce(words);
			});
		} catch (failure) {
			tell(said(failure), true);
		}
	}

	#close<T>(verb: string): Promise<T> {
		return this.#inTurn(async () => {
			if (this.#isUnsure) await this.#readAgain();
			const answer = await call<T>(verb, { flow: this.name }, this.#revision).catch(async (failure) => {
				if (failure instanceof Failure && failure.status === 412) await this.#catchUp(null);
				throw failure;
			});
			this.#isClosed = true;
			return answer;
		});
	}

	async #exists() {
		const drafts = rows<FlowVersion>(
			from('flow_versions').select('version').eq('flow', this.name).eq('status', 'draft'),
		);
		return (await drafts).length > 0;
	}

	/** Somebody else has changed the draft: show theirs, and keep what was to be changed. */
	async #catchUp(change: Change | null) {
		const answer = await call<DraftAnswer>('draft_flow', { flow: this.name });
		this.#take(answer);
		this.#past = [];
		this.#future = [];
		this.conflict = { by: answer.changedBy ?? '?', change: change ?? this.conflict?.change ?? null };
		announce(t('changedByOther', { name: this.conflict.by }));
	}

	/** The draft as it is, whether or not a change of which there was no answer was made. */
	async #readAgain() {
		this.#take(await call<DraftAnswer>('draft_flow', { flow: this.name }));
		this.#isUnsure = false;
	}

	/** What is called TO now leads nowhere else: names never go round in a circle. */
	#rename({ from, to }: Renamed) {
		this.#renamed.delete(to);
		this.#renamed.set(from, to);
	}

	/** Where the selected step has gone: nowhere, or, if somebody else has renamed it, another stands in its place. */
	#follow(definition: FlowDefinition) {
		const name = this.selected;
		if (!name || findStep(definition, name)) return;
		const old = findStep(this.definition, name);
		const list = old && allLists(definition).find((one) => placeKey(one.place) === placeKey(old.list.place));
		const now = list?.steps[old!.index];
		const isRenamed = now?.kind === old?.step.kind && now && !findStep(this.definition, now.name);
		if (isRenamed) this.#rename({ from: name, to: now.name });
		this.selected = isRenamed ? now.name : null;
	}

	#take(answer: DraftAnswer) {
		if (this.definition) this.#follow(answer.definition);
		this.#revision = answer.revision;
		Object.assign(this, { definition: answer.definition, faults: answer.faults, version: answer.version });
		this.answers++;
	}

	async #readCatalogue() {
		const catalogue = await ask<Catalogue>('builder_catalogue', { structure: this.definition.structure });
		if (!this.definition.structure)
			catalogue.fields = (this.definition.model?.fields ?? []).map((field) => ({
				name: field.name,
				label: field.label ?? '',
				type: field.type ?? '',
				options: field.options ?? null,
				nullable: true,
				input: field.options
					? 'choice'
					: ({ number: 'number', boolean: 'boolean', date: 'date' }[field.type ?? ''] ?? 'text'),
			}));
		this.catalogue = catalogue;
	}
}
