/*
 * guard.c
 *		Guards: boolean expressions over the columns of an element.
 *
 * A guard is analyzed like a CHECK constraint (no subquery, no aggregate),
 * with names looked up in pg_catalog only.  The result is kept for each table
 * until a definition, the table or a function changes.  Nothing in it is
 * executed before it is evaluated as the caller.  That includes planning,
 * which calls IMMUTABLE functions.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/namespace.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/value.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_relation.h"
#include "parser/parser.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "base/compat.h"
#include "base/message.h"
#include "base/subtransaction.h"
#include "definition/cache.h"
#include "callee.h"
#include "guard.h"
#include "transition_check.h"

/*
 * Parses the text as one expression.  It is put in the place of a SELECT list,
 * so the result must be a single item and nothing else.
 */
static Node *
parse_expression(const char *text)
{
	List	   *statements = raw_parser(psprintf("SELECT %s", text), RAW_PARSE_DEFAULT);
	SelectStmt *select;
	ResTarget  *target;

	if (list_length(statements) == 1)
	{
		select = (SelectStmt *) linitial_node(RawStmt, statements)->stmt;
		if (IsA(select, SelectStmt) && list_length(select->targetList) == 1 &&
			select->distinctClause == NIL && select->intoClause == NULL &&
			select->fromClause == NIL && select->whereClause == NULL &&
			select->groupClause == NIL && select->havingClause == NULL &&
			select->windowClause == NIL && select->valuesLists == NIL &&
			select->sortClause == NIL && select->limitOffset == NULL &&
			select->limitCount == NULL && select->lockingClause == NIL &&
			select->withClause == NULL && select->op == SETOP_NONE)
		{
			target = linitial_node(ResTarget, select->targetList);
			if (target->name == NULL && target->indirection == NIL)
				return target->val;
		}
	}
	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR),
			 errmsg("not a single expression")));
	return NULL;				/* keep the compiler quiet */
}

/*
 * Literals.  Analyzing a literal calls the input function of its type, which
 * may check the constraints of a domain, such as that of an array's elements:
 * these call user functions.  So literals are replaced by parameters first.
 * Those of built-in types and of enums become constants again; the others are
 * read when the guard is evaluated.
 */
typedef struct Literals
{
	List	   *texts;			/* of char * */
	bool		has_parameter;	/* the guard itself contains parameters */
}			Literals;

static char *
string_literal(Node *node)
{
	A_Const    *literal = (A_Const *) node;

	return IsA(node, A_Const) && !literal->isnull && IsA(&literal->val, String) ? strVal(&literal->val) : NULL;
}

static bool
take_literals(Node *node, void *context)
{
	Literals   *literals = context;
	char	   *text = node == NULL ? NULL : string_literal(node);

	if (node == NULL || IsA(node, TypeName))
		return false;
	literals->has_parameter |= IsA(node, ParamRef);
	if (text != NULL)
	{
		ParamRef   *reference = (ParamRef *) node;
		int			location = ((A_Const *) node)->location;

		StaticAssertStmt(sizeof(ParamRef) <= sizeof(A_Const), "a literal must have room for a parameter");
		literals->texts = lappend(literals->texts, text);
		reference->type = T_ParamRef;
		reference->number = list_length(literals->texts);
		reference->location = location;
		return false;
	}
	return raw_expression_tree_walker(node, take_literals, context);
}

static Node *
literal_parameter(ParseState *state, ParamRef *reference)
{
	Param	   *parameter = makeNode(Param);

	parameter->paramkind = PARAM_EXTERN;
	parameter->paramid = reference->number;
	parameter->paramtype = UNKNOWNOID;
	parameter->paramtypmod = -1;
	parameter->location = reference->location;
	return (Node *) parameter;
}

/*
 * Can a literal of that type be read once for all, without calling a user's function,
 * and independently of the time and of the session's settings?
 */
static bool
is_harmless_type(Oid type)
{
	switch (type)
	{
		case BOOLOID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case FLOAT4OID:
		case FLOAT8OID:
		case NUMERICOID:
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
		case NAMEOID:
		case CHAROID:
		case UUIDOID:
		case OIDOID:
		case JSONOID:
		case JSONBOID:
		case UNKNOWNOID:
			return true;
		default:
			return type_is_enum(type);
	}
}

/* Raises an error unless the text can be read as a value of that type. */
static void
require_literal(char *text, Oid type, int32 typmod)
{
	Oid			function;
	Oid			parameter;

	getTypeInputInfo(type, &function, &parameter);
	(void) OidInputFunctionCall(function, text, parameter, typmod);
}

/* Replaces the parameter of a literal whose type is now known. */
static Node *
typed_literal(ParseState *state, Param *parameter, Oid type, int32 typmod, int location)
{
	const Literals *literals = state->p_ref_hook_state;
	char	   *text = list_nth(literals->texts, parameter->paramid - 1);
	CoerceViaIO *reading;

	if (is_harmless_type(type))
		return coerce_type(state, (Node *) makeConst(UNKNOWNOID, -1, InvalidOid, -2, CStringGetDatum(text), false, false),
						   UNKNOWNOID, type, typmod, COERCION_IMPLICIT, COERCE_IMPLICIT_CAST, location);
	/* a malformed literal is a fault of the definition, if reading it calls none but PostgreSQL's own */
	if (type < FirstNormalObjectId)
		require_literal(text, type, typmod);
	reading = makeNode(CoerceViaIO);
	reading->arg = (Expr *) makeConst(TEXTOID, -1, DEFAULT_COLLATION_OID, -1, CStringGetTextDatum(text), false, false);
	reading->resulttype = type;
	reading->coerceformat = COERCE_EXPLICIT_CAST;
	reading->location = location;
	return (Node *) reading;
}

/* Replaces parameters whose literals remain of type unknown. */
static Node *
untyped_literals(Node *node, void *context)
{
	const Literals *literals = context;

	if (node == NULL)
		return NULL;
	if (IsA(node, Param))
		return (Node *) makeConst(UNKNOWNOID, -1, InvalidOid, -2,
								  CStringGetDatum(list_nth(literals->texts, ((Param *) node)->paramid - 1)), false, false);
	return expression_tree_mutator(node, untyped_literals, context);
}

/*
 * Resolves names without calling anything: columns in RELATION (none if NULL),
 * all else in pg_catalog.
 */
static Node *
analyze_expression(Node *parsed, Relation relation)
{
	ParseState *state = make_parsestate(NULL);
	Literals	literals = {NIL, false};
	int			level = NewGUCNestLevel();
	Node	   *expression;

	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	if (relation != NULL)
		addNSItemToQuery(state,
						 addRangeTableEntryForRelation(state, relation, AccessShareLock,
													   NULL, false, true),
						 false, true, true);
	(void) take_literals(parsed, &literals);
	if (literals.has_parameter)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_PARAMETER),
				 errmsg("a guard has no parameters")));
	state->p_ref_hook_state = &literals;
	state->p_paramref_hook = literal_parameter;
	state->p_coerce_param_hook = typed_literal;
	expression = transformExpr(state, parsed, EXPR_KIND_CHECK_CONSTRAINT);
	expression = untyped_literals(expression, &literals);
	if (exprType(expression) != BOOLOID)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("type is %s, not boolean", format_type_be(exprType(expression)))));
	assign_expr_collations(state, expression);
	if (relation != NULL)
		expression = expand_virtual_columns(expression, relation);
	free_parsestate(state);
	AtEOXact_GUC(true, level);
	return expression;
}

static bool
has_column_reference(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, ColumnRef))
		return true;
	return raw_expression_tree_walker(node, has_column_reference, context);
}

typedef struct GuardText
{
	const char *text;
	Oid			relid;			/* InvalidOid if there is no table to check against */
	Node	   *expression;
}			GuardText;

/* Without a table, an expression over columns can only be parsed. */
static void
analyze_text(void *argument)
{
	GuardText  *guard = argument;
	Node	   *parsed = parse_expression(guard->text);
	Relation	relation = NULL;

	if (!OidIsValid(guard->relid) && has_column_reference(parsed, NULL))
		return;
	if (OidIsValid(guard->relid))
		relation = table_open(guard->relid, AccessShareLock);
	guard->expression = analyze_expression(parsed, relation);
	if (relation != NULL)
		table_close(relation, NoLock);
}

/* smartwf.guard_fault(guard, relation): for the check of definitions. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_guard_fault);
Datum
smartwf_guard_fault(PG_FUNCTION_ARGS)
{
	GuardText	guard = {0};
	ErrorData  *error;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	guard.text = text_to_cstring(PG_GETARG_TEXT_PP(0));
	guard.relid = PG_ARGISNULL(1) ? InvalidOid : PG_GETARG_OID(1);
	error = run_in_subtransaction(analyze_text, &guard, false);
	if (error == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(psprintf("guard \"%s\" is not valid: %s",
											  guard.text, error->message)));
}

static bool
is_others_function(Oid function, void *context)
{
	return function >= FirstNormalObjectId;
}

/*
 * Does it call functions other than PostgreSQL's own?  Values of user-defined types
 * may, whatever they are made of: a domain's constraints, if only in an array of it.
 */
static bool
calls_others(Node *node, void *context)
{
	Oid			type;

	if (node == NULL)
		return false;
	if (check_functions_in_node(node, is_others_function, context))
		return true;
	if (!IsA(node, List))
	{
		type = exprType(node);
		if (type >= FirstNormalObjectId && !type_is_enum(type))
			return true;
	}
	return expression_tree_walker(node, calls_others, context);
}

/* Does its analysis depend on objects other than PostgreSQL's own? */
static bool
depends_on_others(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (check_functions_in_node(node, is_others_function, context) ||
		(!IsA(node, List) && exprType(node) >= FirstNormalObjectId))
		return true;
	return expression_tree_walker(node, depends_on_others, context);
}

/* As clauses that must all be true; folded where that calls none but PostgreSQL's own functions. */
static List *
clauses_of(Node *expression, bool is_check)
{
	if (!calls_others(expression, NULL))
		expression = eval_const_expressions(NULL, expression);
	return make_ands_implicit(canonicalize_qual((Expr *) expression, is_check));
}

typedef struct Contradiction
{
	GuardText	guard;
	const char *with;			/* what the guard contradicts; NULL if nothing is known */
}			Contradiction;

/* Is it false for each row that the table can have? */
static void
find_contradiction(void *argument)
{
	Contradiction *contradiction = argument;
	Relation	relation = table_open(contradiction->guard.relid, AccessShareLock);
	TupleConstr *constraints = RelationGetDescr(relation)->constr;
	List	   *clauses;

	analyze_text(&contradiction->guard);
	clauses = clauses_of(contradiction->guard.expression, false);
	if (predicate_refuted_by(clauses, clauses, false) ||
		(list_length(clauses) == 1 && IsA(linitial(clauses), Const) && !DatumGetBool(((Const *) linitial(clauses))->constvalue)))
		contradiction->with = "itself";
	for (int i = 0; contradiction->with == NULL && constraints != NULL && i < constraints->num_check; i++)
		if (check_is_enforced(&constraints->check[i]) &&
			predicate_refuted_by(clauses_of(stringToNode(constraints->check[i].ccbin), true), clauses, false))
			contradiction->with = psprintf("constraint \"%s\"", constraints->check[i].ccname);
	table_close(relation, NoLock);
}

/* smartwf.guard_contradiction(guard, relation): for the check of definitions. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_guard_contradiction);
Datum
smartwf_guard_contradiction(PG_FUNCTION_ARGS)
{
	Contradiction contradiction = {{text_to_cstring(PG_GETARG_TEXT_PP(0)), PG_GETARG_OID(1)}, NULL};
	ErrorData  *error = run_in_subtransaction(find_contradiction, &contradiction, false);

	/* what cannot be analyzed is another fault */
	if (error != NULL || contradiction.with == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(contradiction.with));
}

/*
 * Returns the guard if it was analyzed before for this table, NULL otherwise.
 * A guard that depends on users' functions, operators or types is outdated once any
 * of these changes.  It may still be in use further up the stack, so it is freed at the end of the
 * transaction.
 */
static Guard *
known_guard(AttachedTable *table, const char *text)
{
	for (Guard **link = &table->guards; *link != NULL; link = &(*link)->next)
	{
		Guard	   *guard = *link;

		if (strcmp(guard->text, text) != 0)
			continue;
		if (!guard->depends_on_others || guard->objects == generation_of_objects())
			return guard;
		*link = guard->next;
		MemoryContextSetParent(guard->context, TopTransactionContext);
		return NULL;
	}
	return NULL;
}

/* The transition's guard for that table; analyzed now if not before. */
static Guard *
find_guard(TransitionCheck *check, char **fault)
{
	AttachedTable *table = check->table;
	GuardText	text = {check->transition->guard, table->relid, NULL};
	ErrorData  *error;
	MemoryContext outer;
	MemoryContext context;
	uint64		objects;
	Guard	   *guard;

	*fault = NULL;
	guard = known_guard(table, text.text);
	if (guard != NULL)
		return guard;
	objects = generation_of_objects();
	error = run_in_subtransaction(analyze_text, &text, false);
	if (error != NULL)
	{
		*fault = psprintf(localized("guard \"%s\" cannot be judged: %s"), text.text, error->message);
		return NULL;
	}
	context = AllocSetContextCreate(table->context, "smartwf guard", ALLOCSET_SMALL_SIZES);
	outer = MemoryContextSwitchTo(context);
	guard = palloc0_object(Guard);
	guard->context = context;
	guard->objects = objects;
	guard->text = pstrdup(text.text);
	guard->expression = copyObject(text.expression);
	guard->calls_others = calls_others(guard->expression, NULL);
	guard->depends_on_others = depends_on_others(guard->expression, NULL);
	guard->next = table->guards;
	table->guards = guard;
	MemoryContextSwitchTo(outer);
	return guard;
}

/* The guard as planned by the current user.  The first few users' plans are kept. */
static Expr *
planned_guard(Guard *guard)
{
	Oid			user = GetUserId();
	Expr	   *plan;

	for (int i = 0; i < guard->number_of_plans; i++)
		if (guard->planned_by[i] == user)
			return guard->plans[i];
	plan = expression_planner(copyObject((Expr *) guard->expression));
	if (guard->number_of_plans < MOST_PLANS_OF_GUARD)
	{
		MemoryContext outer = MemoryContextSwitchTo(guard->context);

		plan = copyObject(plan);
		guard->planned_by[guard->number_of_plans] = user;
		guard->plans[guard->number_of_plans++] = plan;
		MemoryContextSwitchTo(outer);
	}
	return plan;
}

typedef struct Evaluation
{
	Guard	   *guard;
	Relation	relation;
	HeapTuple	row;
	bool		result;
}			Evaluation;

static void
evaluate_now(void *argument)
{
	Evaluation *evaluation = argument;
	EState	   *estate = CreateExecutorState();
	ExprContext *context = GetPerTupleExprContext(estate);
	TupleTableSlot *slot = MakeSingleTupleTableSlot(RelationGetDescr(evaluation->relation),
													&TTSOpsHeapTuple);
	ExprState  *state;
	MemoryContext outer;
	Datum		value;
	bool		isnull;

	ExecStoreHeapTuple(row_with_generated(evaluation->relation, evaluation->row), slot, false);
	context->ecxt_scantuple = slot;
	outer = MemoryContextSwitchTo(estate->es_query_cxt);
	state = ExecInitExpr(planned_guard(evaluation->guard), NULL);
	MemoryContextSwitchTo(outer);
	value = ExecEvalExprSwitchContext(state, context, &isnull);
	evaluation->result = !isnull && DatumGetBool(value);
	ExecDropSingleTupleTableSlot(slot);
	FreeExecutorState(estate);
}

/* Does the guard call functions other than PostgreSQL's own? */
bool
guard_calls_others(TransitionCheck *check)
{
	char	   *fault = NULL;
	Guard	   *guard;

	if (check->transition == NULL || check->transition->guard == NULL)
		return false;
	guard = find_guard(check, &fault);
	return fault == NULL && guard->calls_others;
}

/* A guard that is null counts as not fulfilled. */
char *
check_guard(TransitionCheck *check)
{
	Evaluation	evaluation = {NULL, check->relation, check->proposed, false};
	char	   *fault;

	if (check->transition == NULL || check->transition->guard == NULL)
		return NULL;
	evaluation.guard = find_guard(check, &fault);
	if (fault != NULL)
		return fault;
	call_for_caller(&(Callee) {
		.table = check->table, .is_foreign = evaluation.guard->calls_others, .hides_errors = true,
		.kind = localized("the condition %s"), .name = check->transition->guard
	}, evaluate_now, &evaluation);
	if (evaluation.result)
		return NULL;
	check->user_message = check->transition->guard_message;
	if (check->user_message != NULL)
		return pstrdup(check->user_message);
	return psprintf(localized("the condition %s is not fulfilled"), check->transition->guard);
}
