// The inbox, read again whenever its tag has changed.
import { changed, from, rows } from '../api/client';
import type { InboxRow } from '../api/types';
import { session } from '../base/session.svelte';

const EVERY = 5000;
const MOST = 500;

export const inbox = $state<{ rows: InboxRow[] | null; error: unknown; open: number; isAll: boolean }>({
	rows: null,
	error: null,
	open: 0,
	isAll: true,
});
let tag: string | null = null;

let sought = '';

/** Look for words, in all of it and not only in what was read. */
export function seek(words: string) {
	if (words === sought) return;
	sought = words;
	void readInbox().catch(() => {});
}

function query() {
	const all = from('inbox').select();
	// what is sought has no wildcards
	const pattern = `"%${sought
		.replace(/[%_\\]/g, '\\\\$&')
		.replaceAll('*', '_')
		.replaceAll('"', '\\"')}%"`;
	return sought ? all.or(`subject.ilike.${pattern},body.ilike.${pattern},docid.ilike.${pattern}`) : all;
}

/** Read it now, whatever is known: questions first, the one that is due first on top; then what came last. */
export async function readInbox() {
	const reader = session.me;
	const words = sought;
	const [questions, notifications] = await Promise.all([
		rows<InboxRow>(
			query()
				.not('confirmation', 'is', null)
				.order('due_at', { nullsFirst: false })
				.order('confirmation')
				.limit(MOST + 1),
		),
		rows<InboxRow>(
			query()
				.not('notification', 'is', null)
				.order('notification', { ascending: false })
				.limit(MOST + 1),
		),
	]);
	if (reader !== session.me || words !== sought) return;
	inbox.isAll = questions.length <= MOST && notifications.length <= MOST;
	inbox.rows = [...questions.slice(0, MOST), ...notifications.slice(0, MOST)];
	if (!words) inbox.open = questions.length;
}

/** Is there news? */
export async function look() {
	const reader = session.me;
	if (!reader || document.hidden) return;
	try {
		const found = await changed('inbox_tag', tag);
		if (found) await readInbox();
		if (reader !== session.me) return;
		// only what was read is known
		tag = found ?? tag;
		inbox.error = null;
	} catch (failure) {
		if (reader === session.me) inbox.error = failure;
	}
}

/** Look every few seconds while somebody has signed in. */
export function watchInbox() {
	$effect(() => {
		Object.assign(inbox, { rows: null, open: 0, error: null });
		tag = null;
		if (!session.me) return;
		void look();
		const timer = setInterval(look, EVERY);
		document.addEventListener('visibilitychange', look);
		return () => {
			clearInterval(timer);
			document.removeEventListener('visibilitychange', look);
		};
	});
	return inbox;
}
