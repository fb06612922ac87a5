// A draft of a flow, with what its steps can be made of.
import { ask } from '../api/client';
import type { Catalogue, FlowDefinition } from '../api/types';
import { Draft as AnyDraft, type Change } from '../ui/draft.svelte';
import { allLists, findStep, placeKey } from './places';

export class Draft extends AnyDraft<FlowDefinition> {
	catalogue = $state.raw<Catalogue>()!;

	constructor(name: string) {
		super('flow', name);
	}

	/** A step by the name that it had when a change was made, which may have been changed since. */
	step = (name: string) => this.find(name)?.step ?? null;

	/** The same with its place. */
	find(name: string) {
		const now = this.nameNow(name);
		return now === null ? null : findStep(this.definition, now);
	}

	protected has(definition: FlowDefinition, name: string) {
		return findStep(definition, name) !== null;
	}

	protected successor(before: FlowDefinition, now: FlowDefinition, name: string) {
		const old = findStep(before, name);
		const list = old && allLists(now).find((one) => placeKey(one.place) === placeKey(old.list.place));
		const step = list?.steps[old!.index];
		return step && step.kind === old?.step.kind && !findStep(before, step.name) ? step.name : null;
	}

	protected async readChoices(before?: FlowDefinition, change?: Change) {
		const { structure, model } = this.definition;
		if (before && before.structure === structure && change?.verb !== 'update') return;
		const catalogue = await ask<Catalogue>('builder_catalogue', { structure });
		if (!structure)
			catalogue.fields = (model?.fields ?? []).map((field) => ({
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
