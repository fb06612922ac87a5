// A draft of a workflow, with what it can be made of. What is selected is a state or a transition.
import { ask } from '../api/client';
import type {
	Labels,
	WorkflowCatalogue,
	WorkflowDefinition,
	WorkflowParameter,
	WorkflowState,
	WorkflowTransition,
} from '../api/types';
import { t } from '../base/words.svelte';
import { Draft as AnyDraft } from '../ui/draft.svelte';
import { hasObject, labelOf, listOf, partOf, stateObject, transitionObject } from './objects';

type Kind = 'state' | 'transition';
type Part<K extends Kind> = K extends 'state' ? WorkflowState : WorkflowTransition;
/** What becomes of a part as it is when it is its turn; null: nothing is to be done. */
type Changes<K extends Kind> = (now: Part<K>) => Partial<Part<K>> | null;

export class Draft extends AnyDraft<WorkflowDefinition> {
	catalogue = $state.raw<WorkflowCatalogue>()!;

	constructor(name: string) {
		super('workflow', name);
	}

	/** A state or transition by the name that it had when a change was made. */
	find<K extends Kind>(kind: K, name: string): Part<K> | null {
		const now = this.nameNow(`${kind} ${name}`);
		const found = now && listOf(this.definition, kind).find((one) => one.name === partOf(now)!.name);
		return (found || null) as Part<K> | null;
	}

	/** Change one of them; WHAT: of what the reader is told. */
	change<K extends Kind>(kind: K, name: string, what: string, changes: Changes<K>) {
		return this.apply({
			verb: `update_${kind}`,
			args: () => {
				const now = this.find(kind, name);
				const changed = now && changes(now);
				return changed ? { [kind]: now.name, changes: changed } : null;
			},
			words: t('settingChanged', { setting: what, step: name }),
		});
	}

	rename(kind: Kind, from: string, to: string) {
		const object = kind === 'state' ? stateObject : transitionObject;
		return this.apply(
			{
				verb: `update_${kind}`,
				args: () => {
					const now = this.find(kind, from);
					return now ? { [kind]: now.name, changes: { name: to } } : null;
				},
				words: t('isCalledNow', { name: to }),
			},
			{ from: object(from), to: object(to) },
		);
	}

	/** The draft as a whole, made of what it is when it is its turn. */
	replace(what: string, of: string, definition: (now: WorkflowDefinition) => WorkflowDefinition) {
		return this.apply({
			verb: 'replace',
			args: () => ({ definition: definition(this.definition) }),
			words: t('settingChanged', { setting: what, step: of }),
		});
	}

	set(what: string, settings: (now: WorkflowDefinition) => Partial<WorkflowDefinition>) {
		return this.apply({
			verb: 'update',
			args: () => ({ settings: settings(this.definition) }),
			words: t('settingChanged', { setting: what, step: this.name }),
		});
	}

	/** There is one initial state: another is none any more. */
	begin(name: string) {
		return this.replace(t('initialState'), name, (now) => ({
			...now,
			states: now.states.map((one) => ({ ...one, initial: one === this.find('state', name) })),
		}));
	}

	add(kind: Kind, part: WorkflowState | WorkflowTransition) {
		return this.do({ verb: `add_${kind}`, args: { [kind]: part }, words: t('isAdded', { name: labelOf(part) }) });
	}

	remove(kind: Kind, name: string) {
		return this.apply({
			verb: `remove_${kind}`,
			args: () => {
				const now = this.find(kind, name);
				return now ? { [kind]: now.name } : null;
			},
			words: t('isRemoved', { name }),
		});
	}

	move(kind: Kind, name: string, by: number) {
		let at = 0;
		return this.apply({
			verb: `move_${kind}`,
			args: () => {
				const now = this.find(kind, name);
				const list: { name: string }[] = listOf(this.definition, kind);
				at = list.findIndex((one) => one.name === now?.name) + by + 1;
				return now && at >= 1 && at <= list.length ? { [kind]: now.name, at_position: at } : null;
			},
			words: t('isMoved', { name, way: by < 0 ? t('moveUp') : t('moveDown') }),
		});
	}

	addArc(transition: string, from: string, to: string) {
		return this.do({
			verb: 'add_arc',
			args: () => {
				const now = this.find('transition', transition);
				return now ? { transition: now.name, from_state: from, to_state: to } : null;
			},
			words: t('arcAdded', { transition, from, to }),
		});
	}

	removeArc(transition: string, from: string) {
		return this.apply({
			verb: 'remove_arc',
			args: () => {
				const now = this.find('transition', transition);
				return now ? { transition: now.name, from_state: from } : null;
			},
			words: t('arcRemoved', { transition, from }),
		});
	}

	/** Labels in other languages go with a parameter, unless it is not the only one of its name. */
	renameParameter(transition: string, from: string, to: string) {
		return this.replace(t('name'), from, (now) => {
			const target = this.find('transition', transition);
			const renamed = (one: WorkflowParameter) => (one.name === from ? { ...one, name: to } : one);
			const transitions = now.transitions.map((one) =>
				one === target ? { ...one, parameters: one.parameters?.map(renamed) } : one,
			);
			const isLeft = transitions.some((one) => one.parameters?.some((parameter) => parameter.name === from));
			if (isLeft) return { ...now, transitions };
			const moved = (labels: Labels) => {
				const { [from]: label, ...rest } = labels.parameters ?? {};
				return label === undefined ? labels : { ...labels, parameters: { ...rest, [to]: label } };
			};
			const translations = Object.entries(now.translations ?? {}).map(([locale, labels]) => [locale, moved(labels)]);
			return { ...now, transitions, translations: Object.fromEntries(translations) };
		});
	}

	/** A label in another language; none, if it is empty. */
	translate(locale: string, list: keyof Labels, name: string, label: string) {
		return this.set(t('translations'), (now) => {
			const { [name]: _, ...rest } = now.translations?.[locale]?.[list] ?? {};
			const labels = { ...now.translations?.[locale], [list]: label ? { ...rest, [name]: label } : rest };
			return { translations: { ...now.translations, [locale]: labels } };
		});
	}

	protected has(definition: WorkflowDefinition, object: string) {
		return hasObject(definition, object);
	}

	protected successor(before: WorkflowDefinition, now: WorkflowDefinition, object: string) {
		const part = partOf(object)!;
		const index = listOf(before, part.kind).findIndex((one) => one.name === part.name);
		const heir = listOf(now, part.kind)[index];
		const wanted = heir && `${part.kind} ${heir.name}`;
		return wanted && !hasObject(before, wanted) ? wanted : null;
	}

	protected async readChoices(before?: WorkflowDefinition) {
		if (before) return;
		this.catalogue = await ask<WorkflowCatalogue>('workflow_catalogue', { workflow: this.name });
	}
}
