#include "client/fetched.hpp"

#include <string>
#include <utility>

namespace cambium::client {

Result<std::optional<ConsumedRecord>> FetchedRecords::fail(Error error) {
    error_ = error;
    return error;
}

Result<bool> FetchedRecords::open_batch() {
    while (true) {
        const auto found = batches_.next();
        if (!found.has_value()) {
            const Status& status = batches_.status();
            // The end of the bytes may cut a batch.
            if (status.ok()) return false;
            if (status.code() != Errc::end_of_stream) return status.error();
            cut_short_ = !any_batch_;
            return false;
        }
        any_batch_ = true;
        if (found->next_offset() <= next_offset_) continue;
        const std::string where = "batch at offset " + std::to_string(found->base_offset().value());
        if (options_.check_checksums && !found->checksum_ok())
            return Error{Errc::corrupt_message, where};
        if (found->control()) {
            next_offset_ = found->next_offset();
            continue;
        }
        batch_ = found;
        const Result<ByteView> plain =
            record::plain_records(*batch_, plain_, options_.decompressed_bytes_max);
        if (!plain.ok()) return Error{plain.code(), where};
        records_.emplace(*plain, batch_->record_count());
        return true;
    }
}

Result<std::optional<ConsumedRecord>> FetchedRecords::next() {
    if (error_.has_value()) return *error_;
    while (true) {
        if (!records_.has_value()) {
            const Result<bool> opened = open_batch();
            if (!opened.ok()) return fail(opened.error());
            if (!*opened) return std::optional<ConsumedRecord>{};
        }
        const auto record = records_->next();
        if (!record.has_value()) {
            if (const Status status = records_->status(); !status.ok()) return fail(status.error());
            // A cleaned batch may end with offsets that have no record any more.
            next_offset_ = batch_->next_offset();
            records_.reset();
            continue;
        }
        const Offset offset = record->offset(*batch_);
        if (offset < next_offset_) continue;
        next_offset_ = offset + 1;
        return std::optional(ConsumedRecord{nullptr, offset, record->timestamp(*batch_),
                                            record->key, record->value, *record});
    }
}

}  // namespace cambium::client
