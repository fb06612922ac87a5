/*
 * message.c
 *		smartwf's own messages in the reader's language.
 *
 * Each request has its reader's language, so the server's message catalogs,
 * which follow the setting of the process, cannot be used.  The English text
 * is the key, and is used where there is no translation; test/docs/messages.sh
 * checks that every message has one.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "locale.h"
#include "message.h"

static const struct
{
	const char *english;
	const char *french;			/* UTF-8 */
}			messages[] = {
	/* failures; see error.c */
	{"Document \"%s\" not found",
	"Le document \"%s\" est introuvable"},
	{"Access to document \"%s\" is denied",
	"L'accès au document \"%s\" est refusé"},
	{"Document \"%s\" is deleted",
	"Le document \"%s\" est supprimé"},
	{"Document \"%s\" is not a document of the family \"%s\"",
	"Le document \"%s\" n'est pas un document de la famille \"%s\""},
	{"No workflow detected for document \"%s\"",
	"Aucun cycle de vie n'est associé au document \"%s\""},
	{"State \"%s\" is not available for workflow \"%s\"",
	"L'état \"%s\" n'existe pas dans le cycle de vie \"%s\""},
	{"Transition \"%s\" is not available for workflow \"%s\"",
	"La transition \"%s\" n'existe pas dans le cycle de vie \"%s\""},
	{"Destination state is not defined for workflow \"%s\"",
	"L'état d'arrivée n'est pas défini dans le cycle de vie \"%s\""},
	{"%s is refused for document \"%s\": %s",
	"%s n'est pas possible pour le document \"%s\" : %s"},
	{"definition of %s is not valid",
	"la définition de %s n'est pas valide"},
	{"Address \"%s\" is not known",
	"L'adresse \"%s\" n'est pas connue"},
	{"Method \"%s\" is not allowed for this address; allowed: %s",
	"La méthode \"%s\" n'est pas permise à cette adresse ; permises : %s"},
	{"Document \"%s\" has changed since the flow read it",
	"Le document \"%s\" a changé depuis que le flux l'a lu"},
	{"%s is not possible: %s", "%s n'est pas possible : %s"},
	{"Document \"%s\" has changed: it is at revision %s now",
	"Le document \"%s\" a changé : il en est à la révision %s"},
	{"Nobody has answered confirmation %s in time",
	"Personne n'a répondu à temps à la confirmation %s"},

	{"%s fails", "%s échoue"},
	{"the condition %s", "la condition %s"},
	{"hook %s", "la fonction %s"},

	/* what is refused */
	{"Transition \"%s\"", "La transition \"%s\""},
	{"State \"%s\"", "L'état \"%s\""},
	{"Lock", "Le verrouillage"},
	{"Unlocking", "Le déverrouillage"},
	{"Deletion", "La suppression"},
	{"Update", "La mise à jour"},
	{"Answer", "La réponse"},
	{"Delegation", "La délégation"},
	{"Restart", "La reprise"},
	{"Cancelling", "L'annulation"},
	{"Reset", "La remise à l'état de brouillon"},

	/* the reasons for it */
	{"it is locked by \"%s\"", "il est verrouillé par \"%s\""},
	{"\"%s\" does not hold the right", "\"%s\" n'en a pas le droit"},
	{"\"%s\" may not update the state", "\"%s\" ne peut pas modifier l'état"},
	{"\"%s\" may not undo it", "\"%s\" ne peut pas l'annuler"},
	{"\"%s\" undone", "\"%s\" annulée"},
	{"Only a transition can be undone, and only the last change of all.",
	"Seule une transition peut être annulée, et seulement le tout dernier changement."},
	{"\"%s\" may not update the row", "\"%s\" ne peut pas modifier la ligne"},
	{"\"%s\" may not change it", "\"%s\" ne peut pas le modifier"},
	{"another trigger suppressed the change", "un autre déclencheur a annulé la modification"},
	{"the condition %s is not fulfilled", "la condition %s n'est pas remplie"},
	{"the number of lines must be positive", "le nombre de lignes doit être positif"},
	{"guard \"%s\" cannot be judged: %s", "la condition \"%s\" ne peut pas être évaluée : %s"},
	{"hook %s(smartwf.event) does not exist", "la fonction %s(smartwf.event) n'existe pas"},
	{"hook %s(smartwf.event) must be a function that returns text",
	"la fonction %s(smartwf.event) doit renvoyer un texte"},
	{"hook \"%s\" is not of the form schema.function",
	"le nom de la fonction \"%s\" n'est pas de la forme schéma.fonction"},
	{"permission denied for hook %s", "droit refusé pour la fonction %s"},
	{"confirmation %s has been answered by \"%s\"", "la confirmation %s a reçu la réponse de \"%s\""},
	{"all have answered confirmation %s, but no choice got the answers that it needs",
	"tous ont répondu à la confirmation %s, mais aucun choix n'a les réponses qu'il lui faut"},
	{"confirmation %s is closed", "la confirmation %s est close"},
	{"\"%s\" is no option of confirmation %s", "\"%s\" n'est pas un choix de la confirmation %s"},
	{"confirmation %s cannot be delegated to \"%s\"", "la confirmation %s ne peut être déléguée à \"%s\""},
	{"\"%s\" is neither a role nor in smartwf.contacts", "\"%s\" n'est ni un rôle ni dans smartwf.contacts"},
	{"Add the person to smartwf.contacts.", "Ajoutez la personne à smartwf.contacts."},
	{"argument \"to\" must be the name of a role or a person", "l'argument \"to\" doit être le nom d'un rôle ou d'une personne"},
	{"argument \"priority\" must be 0 to 9", "l'argument \"priority\" doit être compris entre 0 et 9"},
	{"Skipping", "Le passage de l'étape"},
	{"Changing the model", "La correction du modèle"},
	{"run %s stands at no step", "l'exécution %s n'est à aucune étape"},
	{"run %s is %s", "l'exécution %s est dans l'état %s"},
	{"it takes no comment", "aucun commentaire n'est permis"},
	{"parameter \"%s\" is missing", "le paramètre \"%s\" manque"},
	{"parameter \"%s\" cannot be given: its visibility is \"%s\"",
	"le paramètre \"%s\" ne peut pas être donné : sa visibilité est \"%s\""},
	{"parameter \"%s\" is not asked for", "le paramètre \"%s\" n'est pas demandé"},
	{"parameter \"%s\" cannot be stored: %s", "le paramètre \"%s\" ne peut pas être enregistré : %s"},
	{"parameter \"%s\" must be of type %s, not \"%s\"",
	"le paramètre \"%s\" doit être de type %s, et non \"%s\""},
	{"parameter \"%s\" must be a list of type %s, not \"%s\"",
	"le paramètre \"%s\" doit être une liste de type %s, et non \"%s\""},

	/* malformed calls */
	{"argument \"%s\" must not be null", "l'argument \"%s\" ne peut pas être nul"},
	{"argument \"docids\" must not contain nulls", "l'argument \"docids\" ne peut pas contenir de nul"},
	{"flow \"%s\" works on documents of structure \"%s\"", "le flux \"%s\" travaille sur les documents de la structure \"%s\""},
	{"argument \"max_seconds\" must not be negative",
	"l'argument \"max_seconds\" ne doit pas être négatif"},
	{"argument \"older_than\" must not be negative",
	"l'argument \"older_than\" ne doit pas être négatif"},
	{"argument \"model\" must be an object", "l'argument \"model\" doit être un objet"},
	{"argument \"parameters\" must be an object, not %s",
	"l'argument \"parameters\" doit être un objet, et non %s"},
	{"the name of document \"%s\" cannot be changed",
	"le nom du document \"%s\" ne peut pas être changé"},
	{"allStates must be 1, true, 0 or false, not \"%s\"",
	"allStates doit être 1, true, 0 ou false, et non \"%s\""},
	{"the address is not valid: %s", "l'adresse n'est pas valide : %s"},
	{"\"%s\" is not percent-encoding", "\"%s\" n'est pas un encodage-pourcent"},
	{"it contains a null character", "elle contient un caractère nul"},
	{"it is not UTF-8, or not in the database's encoding",
	"elle n'est pas en UTF-8, ou pas dans l'encodage de la base"},
	{"the body is not valid JSON: %s", "le corps n'est pas du JSON valide : %s"},
	{"the body must be a JSON object, not %s", "le corps doit être un objet JSON, et non %s"},
	{"member \"%s\" of the body must be %s, not %s",
	"le membre \"%s\" du corps doit être %s, et non %s"},
	{"a string", "une chaîne"},
	{"an object", "un objet"},
	{"an array", "un tableau"},
	{"a number", "un nombre"},
	{"a boolean", "un booléen"},
	{"null", "nul"},
	{"header %s is missing", "l'en-tête %s manque"},
	{"template is not valid: line %d: %s", "le modèle n'est pas valide : ligne %d : %s"},
	{"a tag is not closed", "une balise n'est pas fermée"},
	{"a tag has no name", "une balise n'a pas de nom"},
	{"delimiters must be two, without blanks or =", "il faut deux délimiteurs, sans blanc ni ="},
	{"section \"%s\" is closed, but not open", "la section \"%s\" est fermée sans être ouverte"},
	{"section \"%s\" is closed inside of \"%s\"", "la section \"%s\" est fermée à l'intérieur de \"%s\""},
	{"section \"%s\" is not closed", "la section \"%s\" n'est pas fermée"},
	{"render type must be text or html, not \"%s\"", "le type de rendu doit être text ou html, et non \"%s\""},

	/* hints */
	{"A new document starts in state \"%s\".", "Un nouveau document commence dans l'état \"%s\"."},
	{"An administrator can force it.", "Un administrateur peut le forcer."},
	{"Its history stands under that name; insert a new row instead.",
	"Son historique porte ce nom ; insérez plutôt une nouvelle ligne."},
};

/* Does the reader prefer French to English?  All others get English. */
static bool
reads_french(void)
{
	ListCell   *cell;

	foreach(cell, reader_locales())
	{
		const char *locale = lfirst(cell);
		int			length = strcspn(locale, "-");

		if (length == 2 && strncmp(locale, "fr", 2) == 0)
			return true;
		if ((length == 2 && strncmp(locale, "en", 2) == 0) || strcmp(locale, "*") == 0)
			return false;
	}
	return false;
}

/* A message, or the format of one, in the reader's language. */
const char *
localized(const char *english)
{
	if (!reads_french())
		return english;
	for (int i = 0; i < lengthof(messages); i++)
		if (strcmp(messages[i].english, english) == 0)
			return pg_any_to_server(messages[i].french, strlen(messages[i].french), PG_UTF8);
	return english;
}
