#include "router/control/failover_store.h"

#include <utility>

#include "common/loop/clock.h"
#include "router/history/failover_file.h"

namespace tamada::router {

FailoverStore::FailoverStore(loop::SideThread& side, EventLog& log, FailoverLog::Totals totals)
    : log_(log),
      failovers_(std::move(totals)),
      file_(
          side, file_name,
          [this] {
            return [records = failovers_.records(loop::boot_now())] { return failovers_to_text(records); };
          },
          [this](const std::optional<Error>& why) {
            if (!why) {
              return log_.write(LogLevel::info, "failovers.written",
                                {{"file", std::string_view(file_.path())}});
            }
            log_.write(LogLevel::error, "failovers.unwritable",
                       {{"file", std::string_view(file_.path())},
                        {"why", std::string_view(why->message)},
                        {"effect", std::string_view("shown now, forgotten at a restart")}});
          }) {}

void FailoverStore::use_folder(const std::string& folder) {
  const auto text = file_.use_folder(folder);
  if (text && !*text) return;
  auto records =
      text ? failovers_from_text(**text) : Result<std::vector<Failover>>(tl::make_unexpected(text.error()));
  if (!records) {
    log_.write(LogLevel::error, "failovers.unreadable",
               {{"file", std::string_view(file_.path())},
                {"why", std::string_view(records.error().message)},
                {"effect", std::string_view("the list starts empty; the next fail-over replaces the file")}});
    return;
  }
  failovers_.restore(*std::move(records));
}

void FailoverStore::keep() {
  if (failovers_.take_changed()) file_.save();
}

}  // namespace tamada::router
