/*
 * render.h
 *		Renders a template with the values of a model.
 */
#ifndef SMARTWF_RENDER_H
#define SMARTWF_RENDER_H

#include "postgres.h"

#include "utils/jsonb.h"

extern char *render_template(const char *text, Jsonb *model, Jsonb *partials, bool is_html);

#endif
