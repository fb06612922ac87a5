// What can be done with a run, by its status.
export type Action = 'restart' | 'skip' | 'cancel' | 'reset';

const statuses: Record<Action, string[]> = {
	restart: ['failed', 'cancelled', 'draft', 'queued'],
	skip: ['failed', 'waiting'],
	cancel: ['failed', 'waiting', 'running', 'queued', 'draft'],
	reset: ['failed', 'waiting', 'running', 'queued', 'cancelled'],
};

export const possible = (action: Action, run: { status: string }) => statuses[action].includes(run.status);
