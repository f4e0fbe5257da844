#include "router/cluster/second_opinion.h"

#include <fmt/format.h>

#include <algorithm>

namespace tamada::router {
namespace {

// Whom the others name.
struct Named {
  enum class Who { subject, somebody_else, unknown, asking } who = Who::unknown;
  TimePoint at = {};
  std::string words;
};

Named by_members(const SecondOpinionCase& subject) {
  Named named;
  bool asking = false;
  for (NodeId member : subject.askable) {
    const bool asked = std::any_of(subject.opinions.begin(), subject.opinions.end(), [&](const Opinion& o) {
      return o.giver == member && o.sent >= subject.since;
    });
    if (!asked) asking = true;
  }
  const Opinion* newest = nullptr;
  for (const Opinion& opinion : subject.opinions) {
    if (opinion.kind == Opinion::Kind::failed || opinion.giver == subject.node) continue;
    if (opinion.kind == Opinion::Kind::stranger && !subject.name_is_certain) continue;
    const bool names_it = opinion.kind == Opinion::Kind::names && opinion.node == subject.node;
    // That somebody else led before the silence says nothing about now.
    if (!names_it && opinion.sent < subject.since) continue;
    const bool newer = newest == nullptr || opinion.sent > newest->sent;
    if (newer || (opinion.sent == newest->sent && !names_it)) newest = &opinion;
  }
  if (newest != nullptr) {
    named.at = newest->sent;
    if (newest->kind == Opinion::Kind::names && newest->node == subject.node) {
      named.who = Named::Who::subject;
      named.words = "/cluster of another member names it";
    } else {
      named.who = Named::Who::somebody_else;
      named.words = newest->kind == Opinion::Kind::nobody
                        ? "/cluster of another member names nobody"
                        : "/cluster of another member names " + newest->name;
    }
  }
  if (named.who == Named::Who::unknown && asking) named.who = Named::Who::asking;
  return named;
}

Named who_is_named(const SecondOpinionCase& subject) {
  const KeySays& key = subject.key;
  if (key.kind == KeySays::Kind::names && key.node == subject.node) {
    return {Named::Who::subject, key.as_of, "the leader key names it"};
  }
  if (key.kind == KeySays::Kind::nobody) {
    return {Named::Who::somebody_else, key.as_of, "nobody holds the leader key"};
  }
  if (!key.name.empty() && (key.kind == KeySays::Kind::names || subject.name_is_certain))
    return {Named::Who::somebody_else, key.as_of, "the leader key names " + key.name};
  return by_members(subject);
}

}  // namespace

SecondOpinion second_opinion(const SecondOpinionCase& subject) {
  using Outcome = SecondOpinion::Outcome;
  const std::optional<PostgresAnswer>& postgres = subject.postgres;
  const bool pg_known = postgres && postgres->sent >= subject.since;
  if (pg_known && !postgres->answered)
    return {Outcome::failed, {}, {}, "its PostgreSQL does not answer either"};

  const bool pg_fresh = pg_known && subject.now < postgres->sent + subject.expire;
  if (!subject.leads) {
    if (!pg_known) return {Outcome::pending, {}, {}, "asking its PostgreSQL"};
    return {Outcome::stays, {}, {}, "its PostgreSQL answers"};
  }

  if (subject.in_pause) {
    if (!pg_fresh) return {Outcome::pending, {}, {}, "the cluster is paused; asking its PostgreSQL"};
    return {Outcome::leads, postgres->sent, {}, "the cluster is paused, and its PostgreSQL answers"};
  }
  const Named named = who_is_named(subject);
  const TimePoint limit = subject.last_led + subject.ttl;
  const bool over = subject.now >= limit;
  switch (named.who) {
    case Named::Who::somebody_else:
      return {Outcome::failed, {}, {}, named.words};
    case Named::Who::subject:
      if (pg_fresh && !subject.claimed) {
        return {
            Outcome::stays, {}, {}, "its PostgreSQL answers; " + named.words + ", but it was not leading"};
      }
      if (pg_fresh) {
        return {
            Outcome::leads, std::min(postgres->sent, named.at), {}, "its PostgreSQL answers; " + named.words};
      }
      break;
    case Named::Who::unknown:
    case Named::Who::asking:
      break;
  }
  if (over) {
    return {Outcome::failed,
            {},
            {},
            fmt::format("nobody has vouched for it for {} s", to_ms(subject.ttl) / 1000)};
  }
  if (!pg_known || named.who == Named::Who::asking) return {Outcome::pending, {}, limit, "asking around"};
  if (!pg_fresh) return {Outcome::pending, {}, limit, "asking its PostgreSQL again"};
  return {Outcome::stays, {}, limit, "its PostgreSQL answers, and nobody can be asked"};
}

}  // namespace tamada::router
