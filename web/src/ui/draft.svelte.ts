// A draft, of a flow or a workflow. The server's answer to a verb is the only state; what is kept
// beside it is how to go back, and a change that came too late.
import { call, Failure, from, rows } from '../api/client';
import type { DraftAnswer, Fault } from '../api/types';
import { session } from '../base/session.svelte';
import { t } from '../base/words.svelte';
import { announce, tell } from './announcer.svelte';
import { said } from './said';

type Args = Record<string, unknown>;
/** What is to be done. Arguments that depend on the definition are made when it is their turn; null: nothing is to be done. */
export interface Change {
	verb: string;
	args: Args | (() => Args | null);
	words: string;
}
/** What the change renames: it stays selected, and changes that wait find it. */
export interface Renamed {
	from: string;
	to: string;
}
export interface Conflict {
	by: string;
	change: Change | null;
}

export abstract class Draft<Definition> {
	definition = $state.raw<Definition>()!;
	faults = $state.raw<Fault[]>([]);
	version = $state(0);
	busy = $state(false);
	conflict = $state<Conflict | null>(null);
	/** Counted up with each answer, also with one that changes nothing: lists that were dragged are drawn anew. */
	answers = $state(0);
	selected = $state<string | null>(null);
	/** Another number for each that is selected; what is renamed stays selected. */
	selection = $state(0);
	#revision = '';
	#isClosed = false;
	/** An answer was lost: what became of the change is not known. */
	#isUnsure = false;
	#last: Promise<unknown> = Promise.resolve();
	#renamed = new Map<string, string>();
	#past = $state.raw<Definition[]>([]);
	#future = $state.raw<Definition[]>([]);

	/** Done away with by somebody else. */
	isGone = $state(false);
	/** Something is in somebody's hand: lists stay as they are. */
	isDragged = $state(false);
	// changes that wait are those of whoever has made them
	readonly #by = session.me;

	constructor(
		readonly kind: 'flow' | 'workflow',
		readonly name: string,
	) {}

	/** Whether something that can be selected is called so. */
	protected abstract has(definition: Definition, name: string): boolean;
	/** What stands where something of that name was before, if somebody else has renamed it. */
	protected abstract successor(before: Definition, now: Definition, name: string): string | null;
	/** What can be chosen. BEFORE: the definition as it was before a change. */
	protected abstract readChoices(before?: Definition, change?: Change): Promise<void>;

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
		this.#take(await this.#ask('draft'));
		await this.readChoices();
		return this;
	}

	select(name: string | null) {
		this.selected = name;
		this.selection++;
	}

	/** What is called now what had that name when a change was made; null if it is gone. */
	nameNow(name: string): string | null {
		for (let now: string | undefined = name; now !== undefined; now = this.#renamed.get(now))
			if (this.has(this.definition, now)) return now;
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

	publish = () => this.#close<number>('publish');
	discard = () => this.#close<void>('discard');

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
			const [found] = await this.#revisions();
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
			const before = this.definition;
			const answer = await this.#ask(change.verb, args, this.#revision);
			if (renamed) this.#rename(renamed);
			if (renamed && this.selected === renamed.from) this.selected = renamed.to;
			this.#take(answer);
			await this.readChoices(before, change).catch((failure) => tell(said(failure), true));
			return true;
		} catch (failure) {
			this.answers++;
			this.#isUnsure ||= failure instanceof Failure && (failure.status === 0 || failure.status >= 500);
			if (failure instanceof Failure && failure.code === '42704' && !(await this.#revisions()).length) {
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

	async #goTo(words: string, definitionOf: () => Definition | undefined, done: (now: Definition) => void) {
		try {
			await this.#inTurn(async () => {
				const definition = definitionOf();
				const now = this.definition;
				// not again upon what somebody else has made: it would be lost
				if (!definition || !(await this.#send({ verb: 'replace', args: { definition }, words }, null))) return;
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
			const answer = await call<T>(this.#verb(verb), { [this.kind]: this.name }, this.#revision).catch(
				async (failure) => {
					if (failure instanceof Failure && failure.status === 412) await this.#catchUp(null);
					throw failure;
				},
			);
			this.#isClosed = true;
			return answer;
		});
	}

	/** Verbs of the whole draft are named by what it is of. */
	#verb = (verb: string) => (verb.includes('_') ? verb : `${verb}_${this.kind}`);

	#ask = (verb: string, args: Args = {}, revision?: string) =>
		call<DraftAnswer<Definition>>(this.#verb(verb), { [this.kind]: this.name, ...args }, revision);

	/** The revision of the draft as it is stored; none, if there is no draft. */
	#revisions() {
		const versions = from(`${this.kind}_versions`).select('revision').eq(this.kind, this.name);
		return rows<{ revision: string }>(versions.eq('status', 'draft').not('revision', 'is', null));
	}

	/** Somebody else has changed the draft: show theirs, and keep what was to be changed. */
	async #catchUp(change: Change | null) {
		const answer = await this.#ask('draft');
		this.#take(answer);
		this.#past = [];
		this.#future = [];
		this.conflict = { by: answer.changedBy ?? '?', change: change ?? this.conflict?.change ?? null };
		announce(t('changedByOther', { name: this.conflict.by }));
	}

	/** The draft as it is, whether or not a change of which there was no answer was made. */
	async #readAgain() {
		this.#take(await this.#ask('draft'));
		this.#isUnsure = false;
	}

	/** What is called TO now leads nowhere else: names never go round in a circle. */
	#rename({ from, to }: Renamed) {
		this.#renamed.delete(to);
		this.#renamed.set(from, to);
	}

	/** Where the selected one has gone: nowhere, or, if somebody else has renamed it, another stands in its place. */
	#follow(definition: Definition) {
		const name = this.selected;
		if (!name || this.has(definition, name)) return;
		const now = this.successor(this.definition, definition, name);
		if (now !== null) this.#rename({ from: name, to: now });
		this.selected = now;
	}

	#take(answer: DraftAnswer<Definition>) {
		if (this.definition) this.#follow(answer.definition);
		this.#revision = answer.revision;
		Object.assign(this, { definition: answer.definition, faults: answer.faults, version: answer.version });
		this.answers++;
	}
}
