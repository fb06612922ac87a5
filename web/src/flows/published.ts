// The catalogue for flows that are only looked at; those who edit have that of their draft.
import { getContext, setContext } from 'svelte';
import type { Catalogue } from '../api/types';

const KEY = Symbol('catalogue');
export interface Shared {
	catalogue: Catalogue | null;
}

export const shareCatalogue = (shared: Shared) => setContext(KEY, shared);
export const getCatalogue = (): Shared => getContext<Shared>(KEY) ?? { catalogue: null };
