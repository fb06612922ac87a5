// What the metrics were while these pages were open: the database says only what they are.
import type { MetricRow } from '../api/types';

const MOST = 60;
const past = $state<Record<string, number[]>>({});

export const sum = (metrics: MetricRow[], metric: string, label?: string) =>
	metrics
		.filter((row) => row.metric === metric && (label === undefined || row.label === label))
		.reduce((all, row) => all + row.value, 0);

export function remember(name: string, value: number) {
	past[name] = [...(past[name] ?? []), value].slice(-MOST);
}

export const pastOf = (name: string) => past[name] ?? [];
