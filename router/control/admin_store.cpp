#include "router/control/admin_store.h"

#include <utility>

namespace tamada::router {

AdminStore::AdminStore(loop::SideThread& side, EventLog& log)
    : log_(log),
      file_(
          side, file_name, [this] { return [states = states_] { return states.to_text(); }; },
          [this](const std::optional<Error>& why) {
            if (!why) {
              return log_.write(LogLevel::info, "admin.state_written",
                                {{"file", std::string_view(file_.path())}});
            }
            log_.write(LogLevel::error, "admin.state_unwritable",
                       {{"file", std::string_view(file_.path())},
                        {"why", std::string_view(why->message)},
                        {"effect", std::string_view("in force now, lost at a restart")}});
          }) {}

void AdminStore::use_folder(const std::string& folder) {
  const auto text = file_.use_folder(folder);
  if (text && !*text) return;
  auto states =
      text ? AdminStates::from_text(**text) : Result<AdminStates>(tl::make_unexpected(text.error()));
  if (!states) {
    log_.write(LogLevel::error, "admin.state_unreadable",
               {{"file", std::string_view(file_.path())},
                {"why", std::string_view(states.error().message)},
                {"effect", std::string_view("all nodes start as ready; the next change replaces the file")}});
    return;
  }
  states_ = *std::move(states);
}

void AdminStore::set(const std::string& node, const std::string& listener, AdminState state,
                     const AdminRequest& request) {
  states_.set(node, listener, state, request);
  file_.save();
}

}  // namespace tamada::router
