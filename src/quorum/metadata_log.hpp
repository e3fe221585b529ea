// The metadata log: the one place where decisions about the cluster are kept (HOUSE, decision 7).
//
// This interface is the seam between the controller and what makes its decisions durable: a log in
// the data directory on one node (quorum/embedded_log.hpp), etcd in a cluster later. An index names
// a record; it only grows, across restarts and across engines. One user, on one loop, one operation
// at a time.
#pragma once

#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "io/task.hpp"
#include "meta/builder.hpp"
#include "meta/record.hpp"

namespace cambium::quorum {

class MetadataLog {
public:
    virtual ~MetadataLog() = default;

    // Applies everything that was ever logged, from the newest snapshot on, and gives the index of
    // the last record (-1: there is none). Changes that were never completed are dropped for ever.
    // Called once, before the others; `into` is fresh. Errors: corrupt_data, unsupported_format,
    // those of the disk.
    virtual io::Task<Result<MetadataIndex>> replay(meta::Builder* into) = 0;

    // Logs a change, which is not empty and holds facts only, and gives the index of its last
    // record. Completes when it is durable: after a crash it is there whole, and before that moment
    // it is there whole or not at all. Errors: no_space, over_budget and message_too_large (nothing
    // happened; the log goes on), anything else: it is unknown whether the change will be found by
    // the next start, and nothing more can be logged until then.
    virtual io::Task<Result<MetadataIndex>> append(std::vector<meta::Record> change) = 0;

    // Enough was logged since the last snapshot that another is worth taking.
    [[nodiscard]] virtual bool wants_snapshot() const = 0;
    // Replaces everything up to `index` by `facts` (meta::facts_of the state at `index`), which are
    // durable when this completes. A failure loses nothing; whether the log goes on is as with
    // append.
    virtual io::Task<Status> snapshot(std::vector<meta::Record> facts, MetadataIndex index) = 0;
};

}  // namespace cambium::quorum
