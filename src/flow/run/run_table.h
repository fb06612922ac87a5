/*
 * run_table.h
 *		Reads, locks and stores runs.
 */
#ifndef SMARTWF_RUN_TABLE_H
#define SMARTWF_RUN_TABLE_H

#include "postgres.h"

#include "run.h"

extern Run *run_load(int64 id);
extern Run *run_read(int64 id);
extern Run *run_load_interrupting(int64 id);
extern List *open_runs_of_document(const char *docid);
extern Run *run_claim(int64 id);
extern Run *run_claim_any(int64 id);
extern void run_store(Run *run);
extern bool run_store_first(Run *run);
extern int64 run_of_key(const Run *run);
extern int64 run_number(Run *run);
extern bool run_has_come_to(const Run *run, const char *step);
extern void run_close_confirmations(const Run *run);

#endif
