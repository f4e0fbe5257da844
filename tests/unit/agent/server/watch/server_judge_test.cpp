#include "agent/server/watch/server_judge.h"

#include <catch2/catch.hpp>

#include <utility>

namespace tamada::agent {

namespace {

using ha::DataState;
using ha::ServerKind;
constexpr TimePoint start{1000s};

guard::GuardStatus runs(pid_t pid = 100, std::uint64_t start_time = 7) {
  guard::GuardStatus status;
  status.process.kind = guard::ProcessKind::postmaster;
  status.process.pid = pid;
  status.process.start_time = start_time;
  return status;
}

ServerStatus primary_status() {
  ServerStatus status;
  status.system_identifier = 7123456789012345678;
  status.timeline = 3;
  status.checkpoint_timeline = 2;
  status.inserted = 0x3000100;
  status.flushed = 0x3000100;
  return status;
}

ServerStatus standby_status() {
  ServerStatus status;
  status.in_recovery = true;
  status.system_identifier = 7123456789012345678;
  status.checkpoint_timeline = 2;
  status.received = 0x3000200;
  status.replayed = 0x3000100;
  return status;
}

SqlSighting told(ServerStatus status) {
  SqlSighting sql;
  sql.status = std::move(status);
  return sql;
}

SqlSighting failed(postgres::FailureKind kind, const std::string& sqlstate = {},
                   std::optional<PostmasterStatus> file = std::nullopt) {
  SqlSighting sql;
  sql.failure.emplace();
  sql.failure->kind = kind;
  sql.failure->server.sqlstate = sqlstate;
  sql.failure->error.message = "no";
  sql.file_status = file;
  sql.is_file_read = file.has_value();
  return sql;
}

// Looks one second after the other.
struct Judged {
  ServerLook look(std::optional<guard::GuardStatus> guard, std::optional<SqlSighting> sql = std::nullopt,
                  std::optional<DiskSighting> disk = std::nullopt) {
    at += 1s;
    ServerSighting sighting{at, std::move(guard), std::move(sql), std::move(disk)};
    if (sighting.sql) sighting.sql->answered = at;
    return judge.look(sighting, members);
  }
  ha::ServerView view(std::optional<guard::GuardStatus> guard, std::optional<SqlSighting> sql = std::nullopt,
                      std::optional<DiskSighting> disk = std::nullopt) {
    return look(std::move(guard), std::move(sql), std::move(disk)).view;
  }

  TimePoint at = start;
  Upstreams members;
  ServerJudge judge;
};

DiskSighting on_disk(ClusterState state, bool has_signal_file = false) {
  DiskSighting disk;
  disk.data = DataState::present;
  disk.control.emplace();
  disk.control->state = state;
  disk.control->system_identifier = 42;
  disk.control->timeline = 4;
  disk.checkpoint = 0x5000028;
  disk.has_signal_file = has_signal_file;
  return disk;
}

}  // namespace

TEST_CASE("A primary that tells everything") {
  Judged judged;
  ServerStatus status = primary_status();
  SenderStatus sender;
  sender.application_name = "pg-2";
  sender.state = "streaming";
  sender.sync_state = "sync";
  sender.flushed = 0x3000000;
  status.senders.push_back(sender);
  sender.application_name = "decoder";
  sender.is_logical = true;
  status.senders.push_back(sender);

  const ServerLook look = judged.look(runs(), told(status));
  CHECK(look.view.as_of == judged.at);
  CHECK(look.view.kind == ServerKind::primary);
  CHECK(look.view.data == DataState::present);
  CHECK(look.view.system_id == "7123456789012345678");
  CHECK(look.view.timeline == 3);
  CHECK(look.view.written == ha::Lsn{0x3000100});
  CHECK(look.view.senders == std::vector<ha::WalSender>{{"pg-2", true, true, ha::Lsn{0x3000000}}});
  CHECK(look.view.postmaster != 0);
  CHECK(look.status == status);
  CHECK(look.problem.empty());
}

TEST_CASE("A standby keeps its receiver's timeline when the receiver has gone") {
  Judged judged;
  judged.members = {{"pg-1", "10.0.0.1", 5433, ""}, {"pg-2", "10.0.0.1", 5432, ""}};
  ServerStatus status = standby_status();
  status.primary_conninfo = "host=10.0.0.1 user=replicator password='secret word'";
  status.receiver.emplace();
  status.receiver->status = "streaming";
  status.receiver->timeline = 5;
  const auto streaming = judged.view(runs(), told(status));
  CHECK(streaming.kind == ServerKind::standby);
  CHECK(streaming.follows == "pg-2");
  CHECK(streaming.is_receiving);
  CHECK(streaming.timeline == 5);
  CHECK(streaming.position() == ha::Lsn{0x3000200});
  CHECK_FALSE(streaming.is_receiver_gone);

  SECTION("it cannot come again: gone, when it was so twice") {
    SqlSighting gone = told(standby_status());
    gone.has_no_receiver_process = true;
    CHECK_FALSE(judged.view(runs(), gone).is_receiver_gone);
    CHECK(judged.judge.next_within() < 1s);
    const auto second = judged.view(runs(), gone);
    CHECK(second.is_receiver_gone);
    CHECK(second.timeline == 5);
    CHECK(second.follows.empty());
    // One that still connects shows in no other place.
    gone.has_no_receiver_process = false;
    CHECK_FALSE(judged.view(runs(), gone).is_receiver_gone);
  }
  SECTION("it can come again") {
    status.receiver.reset();
    SqlSighting away = told(status);
    away.has_no_receiver_process = true;
    CHECK_FALSE(judged.view(runs(), away).is_receiver_gone);
    CHECK_FALSE(judged.view(runs(), away).is_receiver_gone);
  }
  SECTION("of another postmaster nothing is remembered") {
    CHECK(judged.view(runs(100, 8), told(standby_status())).timeline == 2);
  }
}

TEST_CASE("A server that answers and lets nobody in is what it was") {
  Judged judged;
  const SqlSighting refused = failed(postgres::FailureKind::authentication, "28P01");
  const SqlSighting full = failed(postgres::FailureKind::rejected, "53300");

  // Nothing is known of this postmaster.
  CHECK(judged.view(runs(), refused).kind == ServerKind::unknown);

  SECTION("a primary stays one, with its senders for a while") {
    ServerStatus status = primary_status();
    status.senders.emplace_back().application_name = "pg-2";
    (void)judged.view(runs(), told(status));
    const ServerLook look = judged.look(runs(), full);
    CHECK(look.view.kind == ServerKind::primary);
    CHECK(look.view.timeline == 3);
    CHECK_FALSE(look.view.written);
    CHECK(look.view.senders.size() == 1);
    CHECK_FALSE(look.status);
    CHECK(look.problem == "no");
    judged.at += ServerJudge::senders_limit;
    CHECK(judged.view(runs(), refused).senders.empty());
  }
  SECTION("a standby only while nobody promotes it") {
    (void)judged.view(runs(), told(standby_status()));
    CHECK(judged.view(runs(), refused).kind == ServerKind::standby);
    guard::GuardStatus promoted = runs();
    promoted.promotion.stage = guard::PromotionStage::done;
    CHECK(judged.view(promoted, refused).kind == ServerKind::unknown);
  }
  SECTION("another postmaster has not told") {
    (void)judged.view(runs(), told(primary_status()));
    CHECK(judged.view(runs(101, 9), refused).kind == ServerKind::unknown);
  }
  SECTION("one that recovered from a crash has not told since") {
    (void)judged.view(runs(), told(primary_status()));
    (void)judged.view(runs(), failed(postgres::FailureKind::rejected, "57P03", PostmasterStatus::ready));
    CHECK(judged.view(runs(), refused).kind == ServerKind::unknown);
  }
}

TEST_CASE("Not now: it starts, or it stops as its file says") {
  using Kind = postgres::FailureKind;
  Judged judged;
  const auto kind = [&](const SqlSighting& sql) { return judged.view(runs(), sql).kind; };
  CHECK(kind(failed(Kind::refused)) == ServerKind::starting);
  CHECK(kind(failed(Kind::rejected, "57P03", PostmasterStatus::starting)) == ServerKind::starting);
  CHECK(kind(failed(Kind::rejected, "57P03", PostmasterStatus::standby)) == ServerKind::starting);
  // Crash recovery, which the file does not tell.
  (void)kind(told(primary_status()));
  CHECK(kind(failed(Kind::rejected, "57P03", PostmasterStatus::ready)) == ServerKind::starting);
  CHECK(kind(failed(Kind::lost, "57P02", PostmasterStatus::ready)) == ServerKind::starting);
  CHECK(kind(failed(Kind::rejected, "57P03", PostmasterStatus::stopping)) == ServerKind::stopping);
  CHECK(kind(failed(Kind::lost, "57P01", PostmasterStatus::stopping)) == ServerKind::stopping);
  // The last moments: the file has gone.
  CHECK(kind(failed(Kind::refused)) == ServerKind::stopping);
  // Somebody ended our session, no more.
  (void)kind(told(primary_status()));
  CHECK(kind(failed(Kind::lost, "57P01", PostmasterStatus::ready)) == ServerKind::primary);
}

TEST_CASE("No answer is a hung server; what could not be tried is unknown") {
  Judged judged;
  (void)judged.view(runs(), told(primary_status()));
  CHECK(judged.view(runs(), failed(postgres::FailureKind::timed_out)).kind == ServerKind::hung);
  CHECK(judged.view(runs(), failed(postgres::FailureKind::unreachable)).kind == ServerKind::hung);
  CHECK(judged.view(runs(), failed(postgres::FailureKind::lost)).kind == ServerKind::hung);
  CHECK(judged.view(runs(), failed(postgres::FailureKind::no_resources)).kind == ServerKind::unknown);
  CHECK(judged.view(runs(), failed(postgres::FailureKind::invalid)).kind == ServerKind::unknown);
}

TEST_CASE("A postmaster that has never answered may just have begun") {
  Judged judged;
  SqlSighting silent = failed(postgres::FailureKind::timed_out);
  // The file could not be read.
  CHECK(judged.view(runs(), silent).kind == ServerKind::hung);
  silent.is_file_read = true;
  CHECK(judged.view(runs(), silent).kind == ServerKind::starting);
  silent.file_status = PostmasterStatus::starting;
  CHECK(judged.view(runs(), silent).kind == ServerKind::starting);
  silent.file_status = PostmasterStatus::ready;
  CHECK(judged.view(runs(), silent).kind == ServerKind::hung);
  (void)judged.view(runs(), told(primary_status()));
  silent.file_status.reset();
  CHECK(judged.view(runs(), silent).kind == ServerKind::hung);
}

TEST_CASE("Synchronous names count only where each look saw them") {
  Judged judged;
  ServerStatus status = primary_status();
  status.synchronous_standby_names = "\"pg-2\"";
  CHECK(judged.view(runs(), told(status)).synchronous_names.empty());
  CHECK(judged.judge.next_within() == 1s);
  CHECK(judged.view(runs(), told(status)).synchronous_names == std::vector<std::string>{"pg-2"});
  CHECK(judged.view(runs(), failed(postgres::FailureKind::rejected, "53300")).synchronous_names.empty());
  CHECK(judged.view(runs(), told(status)).synchronous_names.empty());
}

TEST_CASE("A primary whose log is not flushed is stalled, after a flush was asked for") {
  Judged judged;
  ServerStatus status = primary_status();
  status.inserted = *status.flushed + 100;
  for (int second = 0; second < 5; ++second) CHECK_FALSE(judged.view(runs(), told(status)).is_stalled);
  CHECK(judged.judge.to_probe() == status.flushed);
  SqlSighting probed = told(status);
  probed.probed_at = status.flushed;
  CHECK_FALSE(judged.view(runs(), probed).is_stalled);
  CHECK_FALSE(judged.judge.to_probe());
  for (int second = 6; second < 10; ++second) CHECK_FALSE(judged.view(runs(), told(status)).is_stalled);
  CHECK(judged.view(runs(), told(status)).is_stalled);
  status.flushed = status.inserted;
  CHECK_FALSE(judged.view(runs(), told(status)).is_stalled);
}

TEST_CASE("A server that does not run is what its control file says") {
  Judged judged;
  const guard::GuardStatus none;
  const auto primary = judged.view(none, std::nullopt, on_disk(ClusterState::shut_down));
  CHECK(primary.kind == ServerKind::stopped);
  CHECK(primary.data == DataState::present);
  CHECK(primary.control == ha::ControlState::shut_down);
  CHECK(primary.was_primary());
  CHECK(primary.postmaster == 0);
  CHECK(primary.system_id == "42");
  CHECK(primary.timeline == 4);
  CHECK(primary.position() == ha::Lsn{0x5000028});

  CHECK(judged.view(none, std::nullopt, on_disk(ClusterState::shutting_down)).control ==
        ha::ControlState::in_production);
  CHECK_FALSE(judged.view(none, std::nullopt, on_disk(ClusterState::in_production, true)).was_primary());
  DiskSighting standby = on_disk(ClusterState::shut_down_in_recovery, true);
  standby.control->min_recovery_end_timeline = 6;
  CHECK(judged.view(none, std::nullopt, standby).timeline == 6);

  DiskSighting used;
  used.may_be_in_use = true;
  CHECK(judged.view(none, std::nullopt, used).kind == ServerKind::unknown);

  DiskSighting broken;
  broken.data = DataState::broken;
  broken.problem = "it is cut off";
  const ServerLook look = judged.look(none, std::nullopt, broken);
  CHECK(look.view.kind == ServerKind::stopped);
  CHECK(look.view.data == DataState::broken);
  CHECK(look.view.control == ha::ControlState::unknown);
  CHECK_FALSE(look.control);
  CHECK(look.problem == "it is cut off");
}

TEST_CASE("Without a guard, and while it sweeps, nothing is concluded from the disk") {
  Judged judged;
  const auto unknown = judged.view(std::nullopt, std::nullopt, on_disk(ClusterState::shut_down));
  CHECK(unknown.kind == ServerKind::unknown);
  CHECK(unknown.data == DataState::unknown);
  guard::GuardStatus sweeping;
  sweeping.is_sweeping = true;
  const auto view = judged.view(sweeping, std::nullopt, on_disk(ClusterState::shut_down));
  CHECK(view.kind == ServerKind::stopping);
  CHECK(view.control == ha::ControlState::unknown);
}

TEST_CASE("The postmaster's number changes with each start") {
  const auto number = [](pid_t pid, std::uint64_t start_time) {
    return postmaster_number(runs(pid, start_time).process);
  };
  CHECK(number(100, 7) == number(100, 7));
  CHECK(number(100, 7) != number(100, 8));
  CHECK(number(100, 7) != number(101, 7));
  CHECK(number(100, 0) != 0);
}

TEST_CASE("Whom primary_conninfo names") {
  const Upstreams members = {{"a", "10.0.0.1", 5432, ""}, {"b", "10.0.0.1", 5433, ""}, {"c", "", 5432, ""}};
  CHECK(member_followed("host=10.0.0.1 port=5433", members) == "b");
  CHECK(member_followed("host=10.0.0.1", members) == "a");
  CHECK(member_followed("host=10.0.0.2", members).empty());
  CHECK(member_followed("host=10.0.0.1,10.0.0.2 port=5432", members).empty());
  CHECK(member_followed("", members).empty());
  CHECK(member_followed("host='", members).empty());
}

}  // namespace tamada::agent
