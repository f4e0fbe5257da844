#include "router/api/assets.h"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

using namespace tamada::router;

namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

TEST_CASE("every file of the page is embedded byte for byte", "[assets]") {
  std::set<std::string> expected{"/", "/api/v1/openapi.json"};
  for (const auto& entry : std::filesystem::directory_iterator("stats-ui/ui")) {
    expected.insert("/ui/" + entry.path().filename().string());
  }
  std::set<std::string> embedded;
  for (const Asset& asset : all_assets()) {
    embedded.insert(std::string(asset.path));
    INFO(asset.path);
    CHECK(asset.body == read("stats-ui" + (asset.path == "/" ? "/index.html" : std::string(asset.path))));
  }
  INFO("files are listed in stats-ui/CMakeLists.txt");
  CHECK(embedded == expected);
}

TEST_CASE("an embedded file has the type that a browser insists on, and its own tag", "[assets]") {
  REQUIRE(find_asset("/") != nullptr);
  CHECK(find_asset("/")->content_type == "text/html; charset=utf-8");
  REQUIRE(find_asset("/ui/main.js") != nullptr);
  CHECK(find_asset("/ui/main.js")->content_type == "text/javascript; charset=utf-8");
  CHECK(find_asset("/ui/base.css")->content_type == "text/css; charset=utf-8");
  std::set<std::string_view> tags;
  for (const Asset& asset : all_assets()) {
    CHECK(asset.etag.size() == 26);
    CHECK(asset.etag.front() == '"');
    tags.insert(asset.etag);
  }
  CHECK(tags.size() == all_assets().size());
}

TEST_CASE("a path that is not exactly a file's finds nothing", "[assets]") {
  for (const char* path : {"", "/ui", "/ui/", "ui/main.js", "/ui/main.js/", "/ui/../main.js", "/UI/main.js",
                           "/ui/%6dain.js", "/index.html", "/fixture.json"}) {
    CHECK(find_asset(path) == nullptr);
  }
}

TEST_CASE("the page asks for nothing from elsewhere and holds no script or style of its own", "[assets]") {
  for (const Asset& asset : all_assets()) {
    INFO(asset.path);
    // XML's namespaces are names, not addresses.
    for (std::size_t at = asset.body.find("://"); at != std::string_view::npos;
         at = asset.body.find("://", at + 1)) {
      const std::string_view before = asset.body.substr(at < 5 ? 0 : at - 5, 24);
      INFO(before);
      CHECK((before.find("://www.w3.org/") != std::string_view::npos ||
             before.find("://localhost:8000/") != std::string_view::npos));
    }
  }
  const std::string_view page = find_asset("/")->body;
  CHECK(page.find("<style") == std::string_view::npos);
  CHECK(page.find(" style=") == std::string_view::npos);
  CHECK(page.find(" onclick=") == std::string_view::npos);
  CHECK(page.find("<script>") == std::string_view::npos);
}
