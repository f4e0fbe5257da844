// Certificates: made by openssl for one test, in a temporary folder: an authority and what it signs.
#pragma once

#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <string>

#include "tests/support/temporary_folder.h"

namespace tamada::http {

class Certificates {
 public:
  Certificates() { make_authority("ca"); }

  // NAME.pem and NAME.key, an authority of its own.
  void make_authority(const std::string& name) {
    run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj '/CN=Test "
        "authority " +
        name + "' -keyout " + key(name) + " -out " + pem(name));
  }
  // NAME.pem and NAME.key, signed by the authority. `names`: "DNS:pg1,IP:127.0.0.1".
  void make(const std::string& name, const std::string& names, const std::string& authority = "ca") {
    std::ofstream(folder_ / "ext") << "subjectAltName=" << names << "\n";
    run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj '/CN=" + name +
        "' -keyout " + key(name) + " -out " + (folder_ / "request"));
    run("openssl x509 -req -in " + (folder_ / "request") + " -CA " + pem(authority) + " -CAkey " +
        key(authority) + " -CAcreateserial -days 2 -extfile " + (folder_ / "ext") + " -out " + pem(name));
  }
  [[nodiscard]] std::string pem(const std::string& name) const { return folder_ / (name + ".pem"); }
  [[nodiscard]] std::string key(const std::string& name) const { return folder_ / (name + ".key"); }

  // In the folder, with its output thrown away.
  void run(const std::string& command) const {
    INFO(command);
    REQUIRE(std::system(("cd " + folder_.path() + " && " + command + " >/dev/null 2>&1").c_str()) == 0);
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace tamada::http
