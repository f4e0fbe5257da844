// The shared configuration and, after a line "===", a patch for it.
#include <nlohmann/json.hpp>

#include <algorithm>

#include "common/json/json_reader.h"
#include "common/patroni/dynamic/config_patch.h"
#include "common/patroni/dynamic/read_dynamic_settings.h"
#include "tests/fuzz/fuzz.h"

using namespace tamada;
using namespace tamada::patroni;
using tamada::fuzz::expect;

namespace {

void expect_consistent(const ReadDynamicSettings& read) {
  const DynamicSettings& settings = read.settings;
  expect(settings.ttl >= 20s && settings.loop_wait >= 1s && settings.retry_timeout >= 3s,
         "times keep their floors");
  expect(settings.loop_wait + 2 * settings.retry_timeout <= settings.ttl, "times fit each other");
  expect(settings.synchronous_node_count >= 1, "there is a synchronous node");
  expect(settings.maximum_lag_on_failover >= 0, "a lag is not negative");
  const auto unsupported =
      std::count_if(read.findings.begin(), read.findings.end(),
                    [](const DynamicFinding& finding) { return finding.kind == FindingKind::unsupported; });
  expect(static_cast<std::size_t>(unsupported) == read.unsupported.size(), "what is not supported is told");
  for (const DynamicFinding& finding : read.findings) expect(!finding.message.empty(), "a finding has words");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::string_view separator = "\n===\n";
  const std::string_view input = fuzz::text_of(data, size);
  const auto end = input.find(separator);
  const auto document = parse_ordered_json_object("configuration", input.substr(0, end));
  if (!document) {
    expect(document.error().message.size() < 2500, "an error stays short");
    return 0;
  }
  const ReadDynamicSettings read = read_dynamic_settings(*document);
  expect_consistent(read);
  const ReadDynamicSettings again = read_dynamic_settings(*document, read.settings);
  expect(again.settings == read.settings, "reading it again changes nothing");
  if (end == std::string_view::npos) return 0;

  const auto patch = parse_ordered_json_object("patch", input.substr(end + separator.size()));
  if (!patch) return 0;
  (void)refuse_secrets(*patch);
  const PatchedConfig patched = patch_config(*document, *patch);
  if (!patched.changed)
    expect(python_text(patched.document).size() <= python_text(*document).size(), "no change adds");
  const PatchedConfig twice = patch_config(patched.document, *patch);
  expect(twice.document.is_object(), "a patched object is one");
  expect_consistent(read_dynamic_settings(patched.document, read.settings));
  return 0;
}
