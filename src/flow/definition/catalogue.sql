-- What a visual builder says about kinds of steps, in the languages that it speaks: English and French.

CREATE FUNCTION smartwf.step_groups()
	RETURNS TABLE (number int, name text, language text, label text)
	LANGUAGE sql IMMUTABLE ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
	VALUES (1, 'notifications', 'en', 'Notifications'), (1, 'notifications', 'fr', 'Notifications'),
		(2, 'integrations', 'en', 'Integrations'), (2, 'integrations', 'fr', 'Intégrations'),
		(3, 'common', 'en', 'Common'), (3, 'common', 'fr', 'Courants'),
		(4, 'conditions', 'en', 'Conditions'), (4, 'conditions', 'fr', 'Conditions'),
		(5, 'lifecycle', 'en', 'Lifecycle and time'), (5, 'lifecycle', 'fr', 'Cycle de vie et temps')
$$;
COMMENT ON FUNCTION smartwf.step_groups() IS
'Returns the groups in which a builder lists the kinds of steps: number (int), name, language and label (text).';

CREATE FUNCTION smartwf.step_words()
	RETURNS TABLE (number int, kind text, "group" text, language text, label text, help text)
	LANGUAGE sql IMMUTABLE ROWS 24 SET search_path = pg_catalog, pg_temp AS $$
	VALUES
		(1, 'send_notification', 'notifications', 'en', 'Send notification', 'Sends a message to people.'),
		(1, 'send_notification', 'notifications', 'fr', 'Envoyer une notification', 'Envoie un message à des personnes.'),
		(2, 'send_templated_notification', 'notifications', 'en', 'Send templated notification',
			'Sends a message whose text is a template.'),
		(2, 'send_templated_notification', 'notifications', 'fr', 'Envoyer une notification modèle',
			'Envoie un message dont le texte vient d''un modèle.'),
		(3, 'get_user_confirmation', 'notifications', 'en', 'Get user confirmation',
			'Asks people, waits for the answer, and stores it in a field.'),
		(3, 'get_user_confirmation', 'notifications', 'fr', 'Demander une confirmation',
			'Pose une question, attend la réponse et la range dans un champ.'),
		(4, 'execute_data_flow', 'integrations', 'en', 'Execute data flow', 'Calls a registered function with the model.'),
		(4, 'execute_data_flow', 'integrations', 'fr', 'Exécuter un flux de données',
			'Appelle une fonction enregistrée avec le modèle.'),
		(5, 'update_model', 'common', 'en', 'Update model', 'Saves the model to its document.'),
		(5, 'update_model', 'common', 'fr', 'Enregistrer le modèle', 'Enregistre le modèle dans son document.'),
		(6, 'update_model_field', 'common', 'en', 'Update model field',
			'Sets a field to a value, or to what another field holds.'),
		(6, 'update_model_field', 'common', 'fr', 'Modifier un champ du modèle',
			'Donne à un champ une valeur, ou celle d''un autre champ.'),
		(7, 'finish', 'common', 'en', 'Finish', 'Ends the run here.'),
		(7, 'finish', 'common', 'fr', 'Terminer', 'Termine l''exécution ici.'),
		(8, 'reset_to_draft', 'common', 'en', 'Reset to draft', 'Puts the run back to draft, so that it can start again.'),
		(8, 'reset_to_draft', 'common', 'fr', 'Remettre en brouillon',
			'Remet l''exécution en brouillon ; elle pourra recommencer.'),
		(9, 'if_condition', 'conditions', 'en', 'If condition',
			'Goes on if a field fulfils a condition; else, its branch runs instead.'),
		(9, 'if_condition', 'conditions', 'fr', 'Condition si',
			'Continue si un champ remplit une condition ; sinon, sa branche est suivie.'),
		(10, 'switch_case', 'conditions', 'en', 'Switch case', 'Goes on with the branch of a field''s value.'),
		(10, 'switch_case', 'conditions', 'fr', 'Selon la valeur', 'Continue par la branche de la valeur d''un champ.'),
		(11, 'pass_transition', 'lifecycle', 'en', 'Pass transition', 'Passes a transition of the document.'),
		(11, 'pass_transition', 'lifecycle', 'fr', 'Passer une transition', 'Fait passer une transition au document.'),
		(12, 'wait', 'lifecycle', 'en', 'Wait', 'Waits for some time, or until the time in a field.'),
		(12, 'wait', 'lifecycle', 'fr', 'Attendre', 'Attend un certain temps, ou l''heure que contient un champ.')
$$;
COMMENT ON FUNCTION smartwf.step_words() IS
'Returns what a builder calls the kinds of steps: number (int, their order), kind, group, language, label and help '
'(text).';

-- How a setting is entered; which are seldom wanted; what it is if it is not given; and which it takes the place of.
CREATE FUNCTION smartwf.setting_inputs()
	RETURNS TABLE (number int, setting text, input text, choices text[], is_rare boolean, default_value jsonb,
		replaces text)
	LANGUAGE sql IMMUTABLE ROWS 40 SET search_path = pg_catalog, pg_temp AS $$
	VALUES (1, 'field', 'field', NULL::text[], false, NULL::jsonb, NULL),
		(2, 'operator', 'choice', '{equal,notEqual,greater,less}', false, NULL::jsonb, NULL),
		(3, 'compareWithNull', 'boolean', NULL, false, NULL::jsonb, 'value'),
		(4, 'value', 'value', NULL, false, NULL::jsonb, 'source'),
		(5, 'source', 'field', NULL, false, NULL::jsonb, 'value'),
		(6, 'dataflow', 'dataflow', NULL, false, NULL::jsonb, NULL),
		(7, 'transition', 'transition', NULL, false, NULL::jsonb, NULL),
		(8, 'parameters', 'parameters', NULL, true, NULL::jsonb, NULL),
		(9, 'comment', 'text', NULL, true, NULL::jsonb, NULL),
		(10, 'duration', 'interval', NULL, false, NULL::jsonb, 'until'),
		(11, 'until', 'field', NULL, false, NULL::jsonb, 'duration'),
		(12, 'channel', 'choice', '{mail,smtp,signalr}', false, NULL::jsonb, NULL),
		(13, 'userField', 'field', NULL, false, NULL::jsonb, NULL),
		(14, 'users', 'users', NULL, false, NULL::jsonb, NULL),
		(15, 'userRouting', 'routing', NULL, true, NULL::jsonb, NULL),
		(16, 'template', 'template', NULL, false, NULL::jsonb, NULL),
		(17, 'renderType', 'choice', '{text,html}', false, '"text"'::jsonb, NULL),
		(18, 'properties', 'properties', NULL, false, NULL::jsonb, NULL),
		(19, 'subject', 'text', NULL, true, NULL::jsonb, NULL),
		(20, 'message', 'message', NULL, false, NULL::jsonb, NULL),
		(21, 'options', 'options', NULL, false, NULL::jsonb, NULL),
		(22, 'answersNeeded', 'number', NULL, true, '1'::jsonb, NULL),
		(23, 'due', 'interval', NULL, false, NULL::jsonb, NULL),
		(24, 'dueChoice', 'option', NULL, true, NULL::jsonb, NULL),
		(25, 'excludeStarter', 'boolean', NULL, false, 'false'::jsonb, NULL),
		(26, 'excludeAnswerersOf', 'question', NULL, true, NULL::jsonb, NULL),
		(27, 'as', 'choice', '{answerer}', true, NULL::jsonb, NULL),
		(28, 'timeout', 'interval', NULL, true, NULL::jsonb, NULL),
		(29, 'retries', 'number', NULL, false, NULL::jsonb, NULL),
		(30, 'backoff', 'interval', NULL, false, NULL::jsonb, NULL),
		(31, 'maximumBackoff', 'interval', NULL, false, NULL::jsonb, NULL),
		(32, 'then', 'choice', '{fail,skip,branch}', false, NULL::jsonb, NULL)
$$;
COMMENT ON FUNCTION smartwf.setting_inputs() IS
'Returns how a builder lets people enter each setting of a step: number (int, their order), setting and input (text: '
'text, message, number, boolean, interval, choice with choices (text[]), or a list of what exists: field, value, '
'dataflow, transition, parameters, users, routing, template, properties, options, option, question); whether it is '
'seldom wanted (is_rare, boolean); its default (default_value, jsonb); and the setting that cannot be given beside it '
'(replaces, text).';

CREATE FUNCTION smartwf.setting_words()
	RETURNS TABLE (setting text, language text, label text, help text)
	LANGUAGE sql IMMUTABLE ROWS 70 SET search_path = pg_catalog, pg_temp AS $$
	VALUES
		('field', 'en', 'Field', ''), ('field', 'fr', 'Champ', ''),
		('operator', 'en', 'Operator', ''), ('operator', 'fr', 'Opérateur', ''),
		('compareWithNull', 'en', 'Compare with null', 'Tests whether the field is empty.'),
		('compareWithNull', 'fr', 'Comparer avec nul', 'Vérifie si le champ est vide.'),
		('value', 'en', 'Value', ''), ('value', 'fr', 'Valeur', ''),
		('source', 'en', 'Source field', 'The field to copy.'), ('source', 'fr', 'Champ source', 'Le champ à copier.'),
		('dataflow', 'en', 'Data flow', ''), ('dataflow', 'fr', 'Flux de données', ''),
		('transition', 'en', 'Transition', ''), ('transition', 'fr', 'Transition', ''),
		('parameters', 'en', 'Parameters', 'Each parameter takes the value of a field.'),
		('parameters', 'fr', 'Paramètres', 'Chaque paramètre prend la valeur d''un champ.'),
		('comment', 'en', 'Comment', ''), ('comment', 'fr', 'Commentaire', ''),
		('duration', 'en', 'Duration', 'For example 2 days, or 1 hour 30 minutes.'),
		('duration', 'fr', 'Durée', 'Par exemple 2 days, ou 1 hour 30 minutes.'),
		('until', 'en', 'Until', 'A field with the time.'), ('until', 'fr', 'Jusqu''à', 'Un champ qui contient l''heure.'),
		('channel', 'en', 'Channel', ''), ('channel', 'fr', 'Canal', ''),
		('userField', 'en', 'User info field', 'A field that names a user, or a list of users.'),
		('userField', 'fr', 'Champ des destinataires', 'Un champ qui nomme un utilisateur ou une liste d''utilisateurs.'),
		('users', 'en', 'Users', ''), ('users', 'fr', 'Destinataires', ''),
		('userRouting', 'en', 'User routing', 'A function that picks the users.'),
		('userRouting', 'fr', 'Routage', 'Une fonction qui choisit les destinataires.'),
		('template', 'en', 'Template', ''), ('template', 'fr', 'Modèle de texte', ''),
		('renderType', 'en', 'Render type', ''), ('renderType', 'fr', 'Type de rendu', ''),
		('properties', 'en', 'Template properties', 'Each property takes the value of a field.'),
		('properties', 'fr', 'Propriétés du modèle', 'Chaque propriété prend la valeur d''un champ.'),
		('subject', 'en', 'Subject', ''), ('subject', 'fr', 'Objet', ''),
		('message', 'en', 'Message', 'Fields in double braces are filled in: {{title}}.'),
		('message', 'fr', 'Message', 'Les champs entre doubles accolades sont remplis : {{title}}.'),
		('options', 'en', 'Choices', 'By default, the values that the field can hold.'),
		('options', 'fr', 'Choix', 'Par défaut, les valeurs possibles du champ.'),
		('answersNeeded', 'en', 'Answers needed', 'How many people must give the same answer.'),
		('answersNeeded', 'fr', 'Réponses requises', 'Combien de personnes doivent donner la même réponse.'),
		('due', 'en', 'Due after', 'For example 3 days.'), ('due', 'fr', 'Échéance', 'Par exemple 3 days.'),
		('dueChoice', 'en', 'Answer when due', 'Counts if nobody answers in time.'),
		('dueChoice', 'fr', 'Réponse à l''échéance', 'Vaut si personne ne répond à temps.'),
		('excludeStarter', 'en', 'Not the starter', 'Whoever started the run cannot answer.'),
		('excludeStarter', 'fr', 'Pas l''initiateur', 'Qui a lancé l''exécution ne peut pas répondre.'),
		('excludeAnswerersOf', 'en', 'Not those who answered', 'An earlier question.'),
		('excludeAnswerersOf', 'fr', 'Pas ceux qui ont répondu à', 'Une question antérieure.'),
		('as', 'en', 'With the rights of', ''), ('as', 'fr', 'Avec les droits de', ''),
		('timeout', 'en', 'Time limit', 'How long the step may take.'),
		('timeout', 'fr', 'Durée maximale', 'Combien de temps l''étape peut durer.'),
		('retries', 'en', 'Retries', 'How often a worker tries again.'),
		('retries', 'fr', 'Nouveaux essais', 'Combien de fois on réessaie.'),
		('backoff', 'en', 'First pause', 'Doubles with each retry.'),
		('backoff', 'fr', 'Première pause', 'Double à chaque essai.'),
		('maximumBackoff', 'en', 'Longest pause', ''), ('maximumBackoff', 'fr', 'Pause la plus longue', ''),
		('then', 'en', 'Then', ''), ('then', 'fr', 'Ensuite', '')
$$;
COMMENT ON FUNCTION smartwf.setting_words() IS
'Returns what a builder calls the settings of steps: setting, language, label and help (text).';

CREATE FUNCTION smartwf.choice_words()
	RETURNS TABLE (setting text, choice text, language text, label text)
	LANGUAGE sql IMMUTABLE ROWS 30 SET search_path = pg_catalog, pg_temp AS $$
	VALUES ('operator', 'equal', 'en', 'is equal to'), ('operator', 'equal', 'fr', 'est égal à'),
		('operator', 'notEqual', 'en', 'is not equal to'), ('operator', 'notEqual', 'fr', 'est différent de'),
		('operator', 'greater', 'en', 'is greater than'), ('operator', 'greater', 'fr', 'est supérieur à'),
		('operator', 'less', 'en', 'is less than'), ('operator', 'less', 'fr', 'est inférieur à'),
		('channel', 'mail', 'en', 'Inbox'), ('channel', 'mail', 'fr', 'Boîte de réception'),
		('channel', 'smtp', 'en', 'E-mail'), ('channel', 'smtp', 'fr', 'Courriel'),
		('channel', 'signalr', 'en', 'Live push'), ('channel', 'signalr', 'fr', 'Notification en direct'),
		('renderType', 'text', 'en', 'Text'), ('renderType', 'text', 'fr', 'Texte'),
		('renderType', 'html', 'en', 'HTML'), ('renderType', 'html', 'fr', 'HTML'),
		('as', 'answerer', 'en', 'whoever answered last'), ('as', 'answerer', 'fr', 'qui a répondu en dernier'),
		('then', 'fail', 'en', 'the run fails'), ('then', 'fail', 'fr', 'l''exécution échoue'),
		('then', 'skip', 'en', 'go on with the next step'), ('then', 'skip', 'fr', 'passer à l''étape suivante'),
		('then', 'branch', 'en', 'run the steps of its branch'), ('then', 'branch', 'fr', 'suivre les étapes de sa branche')
$$;
COMMENT ON FUNCTION smartwf.choice_words() IS
'Returns what a builder calls the choices of settings: setting, choice, language and label (text).';

-- Settings as a builder shows them; those of failure are the same for every kind.
CREATE FUNCTION smartwf.setting_catalogue(of_kind text, language text) RETURNS json
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT coalesce(json_agg(json_build_object('name', i.setting, 'label', w.label, 'help', w.help, 'input', i.input,
		'type', coalesce(f.type, CASE i.input WHEN 'number' THEN 'number' ELSE 'string' END),
		'needed', coalesce(f.needed, false), 'rare', i.is_rare AND f.needed IS NOT TRUE,
		'default', coalesce(i.default_value, CASE WHEN of_kind IS NULL THEN smartwf.complete_failure('{}') -> i.setting END),
		'replaces', (SELECT o.setting FROM smartwf.flow_settings() o WHERE (o.setting, o.kind) = (i.replaces, of_kind)),
		'choices', (SELECT json_agg(json_build_object('value', c.value, 'label', v.label) ORDER BY c.n)
			FROM unnest(i.choices) WITH ORDINALITY AS c (value, n)
			LEFT JOIN smartwf.choice_words() v ON (v.setting, v.choice, v.language) = (i.setting, c.value,
				setting_catalogue.language))) ORDER BY i.number), '[]')
	FROM smartwf.setting_inputs() i
	JOIN smartwf.setting_words() w ON (w.setting, w.language) = (i.setting, setting_catalogue.language)
	LEFT JOIN smartwf.flow_settings() f ON (f.setting, f.kind) = (i.setting, of_kind)
	WHERE CASE WHEN of_kind IS NULL THEN i.setting IN ('retries', 'backoff', 'maximumBackoff', 'then')
		ELSE f.setting IS NOT NULL END
$$;
COMMENT ON FUNCTION smartwf.setting_catalogue(text, text) IS
'Returns the settings of a kind of step (of_kind, text), or those of the failure of any step if it is null, with '
'labels in a language (text), as smartwf_api.builder_catalogue() shows them (json).';

CREATE FUNCTION smartwf.step_catalogue(language text) RETURNS json
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT json_agg(json_build_object('name', w.kind, 'group', w."group", 'label', w.label, 'help', w.help,
		'settings', smartwf.setting_catalogue(w.kind, w.language)) ORDER BY w.number)
	FROM smartwf.step_words() w WHERE w.language = step_catalogue.language
$$;
COMMENT ON FUNCTION smartwf.step_catalogue(text) IS
'Returns the kinds of steps with their settings, and labels in a language (text), as smartwf_api.builder_catalogue() '
'shows them (json).';

CREATE FUNCTION smartwf.field_catalogue(structure text) RETURNS json
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(json_agg(json_build_object('name', a.attname, 'label', coalesce(col_description(a.attrelid,
		a.attnum), ''), 'type', format_type(a.atttypid, a.atttypmod), 'input', CASE
			WHEN o.options IS NOT NULL AND t.typcategory <> 'B' THEN 'choice' WHEN t.typcategory = 'N' THEN 'number'
			WHEN t.typcategory = 'B' THEN 'boolean' WHEN t.typname = 'date' THEN 'date'
			WHEN t.typcategory = 'D' THEN 'datetime' ELSE 'text' END,
		'options', o.options, 'nullable', NOT a.attnotnull) ORDER BY a.attnum), '[]')
	FROM pg_attribute a JOIN pg_type d ON d.oid = a.atttypid
	JOIN pg_type t ON t.oid = coalesce(nullif(d.typbasetype, 0), d.oid),
		LATERAL smartwf.field_options(structure, a.attname) o (options)
	WHERE a.attrelid = smartwf.attached_relation(structure) AND a.attnum > 0 AND NOT a.attisdropped
$$;
COMMENT ON FUNCTION smartwf.field_catalogue(text) IS
'Returns the fields of a structure (text), its columns: name, label (the comment on the column), type, how a value is '
'entered (input: number, boolean, date, datetime, choice or text), options and whether it can be null (json).';
