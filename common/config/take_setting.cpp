#include "common/config/take_setting.h"

namespace tamada {

void take_file(const TakingSettings& taking, const RawItem& item, const std::string& path) {
  const auto content = taking.read_file(item.text);
  if (!content) return taking.report(item.place, path, content.error().message);
  taking.files.push_back({path, item.text, std::hash<std::string>{}(*content)});
}

}  // namespace tamada
