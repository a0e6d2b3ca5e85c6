/* SPDX-License-Identifier: MIT */
#include "answers/table.h"
#include "output/json_machine.h"
#include "output/nodes.h"

static json_t *number(int64_t n)
{
	return json_integer((json_int_t)n);
}

static void put_sizes(json_t *to, const struct node_sizes *s)
{
	json_put(to, "expected_mib", number(s->expected_mib));
	json_put(to, "reservation_mib", number(s->reservation_mib));
	json_put(to, "limit_mib", number(s->limit_mib));
}

static json_t *services_of(const struct nodes_plan *p, size_t node)
{
	const struct node_plan *n = &p->nodes[node];
	json_t *all = json_object();

	for (size_t s = 0; s < p->set->count; s++) {
		const struct node_sizes sizes = nodes_sizes(p, node, s);
		json_t *one;

		if (!n->runs[s] && !n->stand_by[s])
			continue;
		one = json_object();
		put_sizes(one, &sizes);
		json_put(one, "stand_by", json_boolean(n->stand_by[s]));
		if (s == p->part)
			json_put(one, "workers", number(n->workers));
		json_put(all, p->set->items[s].name, one);
	}
	return all;
}

static json_t *names(const struct nodes_plan *p, const bool marked[static MAX_SERVICES])
{
	json_t *all = json_array();

	for (size_t s = 0; s < p->set->count; s++)
		if (marked[s])
			json_add(all, json_text(p->set->items[s].name));
	return all;
}

static json_t *lost(const struct nodes_plan *p, const struct node_plan *n)
{
	json_t *one = json_object(), *moves = json_object();

	for (size_t s = 0; s < p->set->count; s++)
		if (n->moves[s])
			json_put(moves, p->set->items[s].name, json_text(p->nodes[n->moves_to[s]].node->name));
	json_put(one, "outcome", json_text(node_loss_name(n->loss)));
	json_put(one, "workers_left", number(n->workers_left));
	json_put(one, "moves", moves);
	json_put(one, "waits", names(p, n->waits));
	return one;
}

static json_t *labels(const struct node *n)
{
	json_t *all = json_object();

	for (size_t i = 0; i < n->label_count; i++)
		json_put(all, n->labels[i].key, json_text(n->labels[i].value));
	return all;
}

static json_t *node_json(const struct nodes_plan *p, size_t node)
{
	const struct node_plan *n = &p->nodes[node];
	json_t *one = json_object(), *verdict = json_object();

	json_put(one, "name", json_text(n->node->name));
	json_put(one, "ram_mib", number(n->node->ram_mib));
	json_put(one, "usable_mib", number(n->node->usable_mib));
	json_put(one, "cpus", number(n->node->cpus));
	json_put(one, "labels", labels(n->node));
	json_put(one, "system_mib", number(n->system_mib));
	json_put(one, "engine_mib", number(n->engine_mib));
	json_put(one, "workers", number(n->workers));
	json_put(one, "services", services_of(p, node));
	json_put(one, "idle_mib", number(n->idle_mib));
	json_put(one, "peak_mib", number(n->peak_mib));
	json_put(one, "reserved_mib", number(n->reserved_mib));
	json_put(verdict, "idle", json_text(verdict_name(n->idle)));
	json_put(verdict, "peak", json_text(verdict_name(n->peak)));
	json_put(one, "verdict", verdict);
	json_put(one, "update",
		 n->workers > 0 ? json_text(n->start_first ? "start-first" : "stop-first") : json_null());
	json_put(one, "lost", p->fits ? lost(p, n) : json_null());
	return one;
}

static json_t *outlook(const struct nodes_outlook *o)
{
	json_t *one;

	if (o->ram_mib == 0)
		return json_null();
	one = json_object();
	json_put(one, "node", json_text(o->name));
	json_put(one, "ram_mib", number(o->ram_mib));
	json_put(one, "cpus", number(o->cpus));
	json_put(one, "workers", number(o->workers));
	return one;
}

static json_t *totals(const struct nodes_plan *p)
{
	json_t *one = json_object();

	put_sizes(one, &p->sum);
	json_put(one, "workers", number(p->workers));
	json_put(one, "copies", number(p->copy_count));
	json_put(one, "connections", number(p->connections));
	json_put(one, "pool_size", number(p->pool_size));
	json_put(one, "reserve_connections", number(p->reserve));
	return one;
}

static json_t *document(const struct nodes_plan *p, const struct answers *answers)
{
	json_t *root = json_object(), *nodes = json_array();

	for (size_t i = 0; i < p->count; i++)
		json_add(nodes, node_json(p, i));
	json_put(root, "schema", json_text("vpsfit.nodes/1"));
	json_put(root, "answers", json_answers(answers, FOR_EXPORT));
	json_put(root, "cost_model", json_text(p->model->name));
	json_put(root, "fits", json_boolean(p->fits));
	json_put(root, "database", json_text(p->database == NO_SERVICE ? "elsewhere" : "own"));
	json_put(root, "nodes", nodes);
	json_put(root, "totals", totals(p));
	json_put(root, "one_more_node", outlook(&p->more));
	json_put(root, "a_larger_node", outlook(&p->larger));
	json_put(root, "no_room_for", json_text(p->no_room == NO_SERVICE ? NULL : p->set->items[p->no_room].name));
	json_put(root, "enough_with_one_more_of_mib", p->would_do_mib > 0 ? number(p->would_do_mib) : json_null());
	return root;
}

static json_t *messages(const struct diag_list *diags)
{
	json_t *all = json_array();

	json_messages(diags, all);
	return all;
}

void nodes_json(const struct nodes_plan *p, const struct answers *answers, const struct diag_list *diags,
		struct strbuf *out)
{
	json_t *root = document(p, answers);

	if (diags)
		json_put(root, "warnings", messages(diags));
	json_dump(root, out);
}

void export_json(const struct nodes_plan *p, const struct answers *answers, const char *dir,
		 const struct export_result *r, size_t changed, const struct diag_list *diags, struct strbuf *out)
{
	json_t *root = json_object(), *files = json_array(), *secrets = json_array();

	for (size_t i = 0; i < r->count; i++)
		json_add(files, json_text(r->files[i].name));
	for (size_t i = 0; i < r->secret_count; i++)
		json_add(secrets, json_text(r->secrets[i].name));
	json_put(root, "schema", json_text("vpsfit.export/1"));
	json_put(root, "format", json_text(answer_text(answers, ANSWER_FORMAT)));
	json_put(root, "dir", json_text(dir));
	json_put(root, "files", files);
	json_put(root, "changed_files", number((int64_t)changed));
	json_put(root, "secrets", secrets);
	json_put(root, "warnings", messages(diags));
	json_put(root, "plan", document(p, answers));
	json_dump(root, out);
}
