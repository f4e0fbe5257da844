// WatchedFiles: the files that a configuration was made from, watched for changes.
//
// Loop thread only; the Loop must outlive it. No call comes after its destruction.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "common/loop/file_watch.h"
#include "common/loop/loop.h"

namespace tamada {

class WatchedFiles {
 public:
  // `on_change` may call watch(), and destroy this object.
  WatchedFiles(loop::Loop& loop, std::function<void()> on_change)
      : loop_(loop), on_change_(std::move(on_change)) {}
  WatchedFiles(const WatchedFiles&) = delete;
  WatchedFiles& operator=(const WatchedFiles&) = delete;

  // From now on these, and no others; files that are not there yet may be among them. Is there one that was
  // not watched before? It may have changed between its reading and now.
  bool watch(const std::set<std::string>& files);

 private:
  loop::Loop& loop_;
  const std::function<void()> on_change_;
  std::map<std::string, std::unique_ptr<loop::FileWatch>> watches_;  // by path
};

}  // namespace tamada
