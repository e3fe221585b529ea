// The index files of a segment: loading, writing, rebuilding. An index never decides anything
// alone: who uses an entry checks that its batch is there, and asks for a rebuild when it is not.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/result.hpp"
#include "io/disk.hpp"
#include "io/task.hpp"
#include "log/segment.hpp"

namespace cambium::log {

// Files that were written and not synced, by their paths: one sync serves all that was written to
// one, and a descriptor for each write would be as many. Null: nobody is going to.
using WrittenFiles = std::map<std::string, io::FileRef>;

// Fills segment->index from the file and from what waits to be written to it. A file that is
// missing or short gives an index that is sparser, never one that is wrong without being noticed.
io::Task<Status> load_index(SegmentRef segment);

// Writes what the builder gathered. Only by whoever writes the segment. Rebuilds the files first
// when they do not hold what was written before.
io::Task<Status> flush_index(SegmentRef segment, int32_t interval_bytes, WrittenFiles* wrote);

// Replaces whatever the files hold by what the builder gathered since the segment's beginning.
io::Task<Status> write_index_anew(SegmentRef segment, WrittenFiles* wrote);

// Reads the headers of the whole segment and makes index, builder and files anew. Only by whoever
// writes the segment, or on one that is not written any more. Errors: corrupt_data when the segment
// itself is damaged, those of the disk.
io::Task<Status> rebuild_index(SegmentRef segment, int32_t interval_bytes, WrittenFiles* wrote);

}  // namespace cambium::log
