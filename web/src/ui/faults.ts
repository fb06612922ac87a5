// Faults in the reader's language: by their code, with what the database says of them beside it.
import type { Fault } from '../api/types';
import { word } from '../base/words.svelte';

export const objectName = (object: string) => object.replace(/^\w+/, (kind) => word('object', kind));

export function faultWords(fault: Fault) {
	const known = word('fault', fault.code);
	return known === fault.code || known === '' ? fault.message : `${known} (${fault.message})`;
}
