#include "coord/batches.hpp"

#include <utility>

#include "record/builder.hpp"

namespace cambium::coord {

namespace {

Status finish(record::BatchBuilder& builder, std::vector<Buffer>& out) {
    Result<Buffer> batch = builder.finish();
    if (!batch.ok()) return batch.error();
    out.push_back(std::move(*batch));
    return {};
}

}  // namespace

Result<std::vector<Buffer>> batches_of(const std::vector<Record>& records, Timestamp now) {
    std::vector<Buffer> out;
    record::BatchBuilder builder;
    for (const Record& record : records) {
        const Result<EncodedRecord> encoded = encode_record(record);
        if (!encoded.ok()) return encoded.error();
        if (encoded->value && encoded->value->size() > record_bytes_max)
            return Error{Errc::message_too_large, "a record of a group"};
        record::NewRecord added{
            .timestamp = now, .key = encoded->key.view(), .value = {}, .headers = {}};
        if (encoded->value) added.value = encoded->value->view();
        Status status = builder.append(added);
        if (status.ok() && builder.size() >= batch_bytes) status = finish(builder, out);
        if (!status.ok()) return status.error();
    }
    if (builder.empty()) return out;
    const Status status = finish(builder, out);
    if (!status.ok()) return status.error();
    return out;
}

}  // namespace cambium::coord
