// What tamada-exec (helper/main.cpp) is given, and tells about a program that it could not start. Shared by
// both sides; plain, since the helper has no library.
//
// Arguments: the helper's name; the user to become ("UID GID GROUP GROUP ..."); the soft limit of open files;
// the directory to change to; the program's path; and the program's own arguments with the name it goes by.
// Of the first three "" means: as it is. The environment is the program's. Descriptors 0 to 2 are the
// program's, report_descriptor is a pipe for one ExecReport; it is closed by execve(2), so that its end
// without a report says that the program runs.
#pragma once

namespace tamada {

inline constexpr int report_descriptor = 3;

// What could not be done.
enum class StartStage : int {
  helper,       // to prepare, or to start tamada-exec itself
  descriptors,  // to close what the program must not have
  limit,        // setrlimit(2)
  user,         // setgroups(2), setgid(2), setuid(2)
  directory,    // chdir(2)
  program,      // execve(2)
};

struct ExecReport {
  StartStage stage;
  int code;  // errno
};

}  // namespace tamada
