// Puts ServerFiles on the disk: everything in the order in which it may be interrupted. Blocks; one thread at a time.
#pragma once

#include <stop_token>

#include "agent/server/settings/server_files.h"
#include "common/base/result.h"

namespace tamada::agent {

// The password file first, since a WAL receiver looks into it once it knows its upstream; the base file, which comes of the
// server's own postgresql.conf the first time; pg_hba.conf and pg_ident.conf; postgresql.conf; and postgresql.auto.conf
// without its recovery settings, which would win.
//
// True: the server has something new to read. Each file is replaced only where it changes. After an error, or when it was
// stopped (kind closed), some files may be new and others old: called again it goes on.
[[nodiscard]] Result<bool> write_server_files(const ServerSetup& setup, const ServerFiles& files,
                                              const std::stop_token& stop = {});

}  // namespace tamada::agent
