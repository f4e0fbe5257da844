#include "router/stats/haproxy/haproxy_html.h"

#include <fmt/format.h>

#include "router/stats/haproxy/haproxy_info.h"
#include "router/stats/render_options.h"

namespace tamada::router {

std::string haproxy_marks(const StatsSnapshot& snapshot) {
  const ProcessStats& process = snapshot.process;
  return fmt::format(
      "<!-- For tools that read HAProxy's page.\n"
      "HAProxy version {}, released {}\n"
      "<b>pid = </b> {} (process #1, nbproc = 1, nbthread = {})<br>\n"
      "<b>uptime = </b> {}<br>\n"
      "-->\n",
      spoken_version(process.version), spoken_release_date, process.pid, process.workers,
      haproxy_uptime(snapshot));
}

}  // namespace tamada::router
