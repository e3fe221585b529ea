#include "broker/batch_work.hpp"

#include <algorithm>
#include <utility>

#include "base/fault.hpp"
#include "record/batch.hpp"

namespace cambium::broker {

namespace {

bool converts(const BatchJob& job) {
    return job.conversion && record::HeaderView(job.batch).codec() != job.conversion->codec;
}

void convert(const BatchJob& job, Decompressor& decompressor, BatchVerdict& verdict) {
    Result<Buffer> converted = record::convert(record::BatchView(job.batch), verdict.validated,
                                               *job.conversion, decompressor);
    if (converted.ok()) {
        verdict.converted = std::move(*converted);
        return;
    }
    verdict.validated.code = converted.code();
    verdict.validated.why = converted.error().context;
}

}  // namespace

BatchVerdict do_job(const BatchJob& job, Decompressor& decompressor) {
    BatchVerdict verdict;
    verdict.validated = job.validated
                            ? *job.validated
                            : record::validate_produced(job.batch, job.rules, decompressor);
    if (verdict.validated.ok() && converts(job)) convert(job, decompressor, verdict);
    return verdict;
}

bool do_at_once(BatchJob& job, size_t& left, Decompressor& decompressor, BatchVerdict& verdict) {
    if (job.batch.size() > left || fault_point("broker.batch_left_undecided")) return false;
    record::ProduceRules rules = job.rules;
    rules.undecided_above = std::min(batch_at_once_bytes, left);
    record::Validated& validated = verdict.validated;
    validated = record::validate_produced(job.batch, rules, decompressor);
    const size_t spent = validated.undecided ? rules.undecided_above : validated.record_bytes;
    left -= std::min(left, std::max(spent, job.batch.size()));
    if (validated.undecided) return false;
    if (!validated.ok() || !converts(job)) return true;
    if (validated.record_bytes > conversion_at_once_bytes) {
        job.validated = std::move(validated);
        return false;
    }
    convert(job, decompressor, verdict);
    return true;
}

io::Task<BatchVerdict> BatchWork::run(const BatchJob* job) {
    sometimes("broker.batch_job");
    Budget::Place place;
    (void)co_await jobs_.take(1, &place);
    auto work = [job] {
        // Not that of the loop, and gone with the job: a codec's window can be large.
        Decompressor decompressor;
        return do_job(*job, decompressor);
    };
    BatchVerdict verdict = co_await io::offload(&work_, work);
    jobs_.give_back(1);
    co_return std::move(verdict);
}

}  // namespace cambium::broker
