// The few ways in which this room uses whole files.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "bytes/buffer.hpp"
#include "bytes/bytes.hpp"
#include "io/disk.hpp"
#include "io/task.hpp"

namespace cambium::log {

// The whole file. Errors: corrupt_data when it is larger than `cap`, those of the disk.
io::Task<Result<Buffer>> read_file(io::Disk* disk, std::string path, int64_t cap);

// All of `bytes`, however many writes it takes. `bytes` stays valid until it completes.
io::Task<Status> write_all(io::FileRef file, int64_t position, ByteView bytes);

// Fills `into`. Errors: end_of_stream when the file ends before, those of the disk.
io::Task<Status> read_exactly(io::FileRef file, int64_t position, MutableBytes into);

// Writes the bytes from `from` up to `to` again, as they are. After a sync that failed the page
// cache holds bytes that it calls clean and that are not on the medium, and another sync alone
// would not bring them there.
io::Task<Status> rewrite(io::FileRef file, int64_t from, int64_t to);

// Replaces `path` so that a reader finds the old bytes or the new ones, never a part: another file
// is written, synced and renamed. Durable after the next sync of the directory.
io::Task<Status> replace_file(io::Disk* disk, std::string path, Buffer bytes);

// Removes a directory and everything in it, one level of directories deep. What is not there is
// removed already.
io::Task<Status> remove_tree(io::Disk* disk, std::string path);

}  // namespace cambium::log
