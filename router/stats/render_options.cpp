#include "router/stats/render_options.h"

namespace tamada::router {

std::string spoken_version(std::string_view tamada_version) {
  return "2.6.0+tamada-" + std::string(tamada_version);
}

}  // namespace tamada::router
