import { Failure } from '../api/client';
import { t } from '../base/words.svelte';

/** A failure in words: what it is, the details of a refused definition, and what to do. */
export function said(failure: unknown): string {
	if (failure instanceof Failure && failure.status === 0) return t('serverAway');
	if (!(failure instanceof Failure)) return failure instanceof Error ? failure.message : String(failure);
	const details = failure.details && !failure.details.startsWith('{') ? failure.details : null;
	return [failure.message, details, failure.hint].filter(Boolean).join('\n');
}
