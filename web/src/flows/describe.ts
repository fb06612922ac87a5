// What a step does, in a few words made of its settings.
import type { Catalogue, Step } from '../api/types';

const text = (value: unknown) => (typeof value === 'string' ? value : value == null ? '' : JSON.stringify(value));
export const userName = (user: unknown) =>
	typeof user === 'object' && user ? String(Object.values(user)[0] ?? '') : String(user ?? '');

export function recipients(step: Step) {
	const { users, userField, userRouting } = step.settings;
	return [
		...(Array.isArray(users) ? users.map(userName) : []),
		...(userField ? [`{${userField}}`] : []),
		...(userRouting ? [`${userRouting}()`] : []),
	].join(', ');
}

export function describe(step: Step, catalogue: Catalogue): string {
	const s = step.settings;
	const kind = catalogue.kinds.find((one) => one.name === step.kind);
	const choice = (setting: string) =>
		kind?.settings.find((one) => one.name === setting)?.choices?.find((one) => one.value === s[setting])?.label ??
		text(s[setting]);
	switch (step.kind) {
		case 'send_notification':
			return `${choice('channel')} → ${recipients(step)}: ${text(s.message)}`;
		case 'send_templated_notification':
			return `${choice('channel')} → ${recipients(step)}: ${text(s.template)}`;
		case 'get_user_confirmation':
			return `${recipients(step)}: ${text(s.message) || text(s.field)}`;
		case 'execute_data_flow':
			return text(s.dataflow);
		case 'update_model_field':
			return `${text(s.field)} = ${s.source ? `{${s.source}}` : text(s.value)}`;
		case 'if_condition':
			return s.compareWithNull
				? `${text(s.field)} ${choice('operator')} ∅`
				: `${text(s.field)} ${choice('operator')} ${text(s.value)}`;
		case 'switch_case':
			return text(s.field);
		case 'pass_transition':
			return catalogue.transitions.find((one) => one.name === s.transition)?.label || text(s.transition);
		case 'wait':
			return text(s.duration ?? s.until);
		default:
			return '';
	}
}
