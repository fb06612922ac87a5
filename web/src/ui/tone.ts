// The color of what became of a run or a step.
type Tone = 'good' | 'warn' | 'bad' | 'active' | '';
const tones: Record<string, Tone> = {
	finished: 'good',
	done: 'good',
	delivered: 'good',
	failed: 'bad',
	waiting: 'warn',
	running: 'active',
	queued: 'active',
	working: 'active',
};
export const toneOf = (status: string): Tone => tones[status] ?? '';
