// What this machine takes for the parts that no log can leave out, without any server. Each prints
// one line of JSON and returns the exit code.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cambium::floor {

// Reads files one after the other, the first from `from` on, and takes the CRC-32C of all: the
// limit of recovery.
int scan(const std::vector<std::string>& files, int64_t from);
// Sends files over loopback to a reader that drops them; without files, `bytes` from memory.
int send_files(const std::vector<std::string>& files, int64_t bytes);
// A byte there and back over loopback between two threads, `count` times.
int echo(int64_t count);

}  // namespace cambium::floor
