#include "log/segment.hpp"

#include <utility>

namespace cambium::log {

Segment::~Segment() { cache.forget(this); }

io::Task<Result<io::FileRef>> SegmentCache::open(Segment* segment) {
    if (segment->file == nullptr) {
        const std::string path = segment->path(FileKind::log);
        const io::OpenMode mode = segment->created ? io::OpenMode::write : io::OpenMode::create;
        Result<io::FileRef> file = co_await disk_->open(path, mode);
        if (file.code() == Errc::too_many_files && relieve())
            file = co_await disk_->open(path, mode);
        if (!file) co_return Error{file.code(), path};
        // Somebody else may have opened it meanwhile.
        if (segment->file == nullptr) segment->file = *file;
    }
    used(segment);
    co_return segment->file;
}

void SegmentCache::used(Segment* segment) {
    if (segment->last_use != 0) order_.erase(segment->last_use);
    segment->last_use = ++uses_;
    order_.emplace(segment->last_use, segment);
    if (order_.size() > limit_) shrink(limit_);
}

void SegmentCache::forget(Segment* segment) {
    if (segment->last_use != 0) order_.erase(segment->last_use);
    segment->last_use = 0;
}

bool SegmentCache::shrink(size_t to) {
    const size_t before = order_.size();
    for (auto at = order_.begin(); at != order_.end() && order_.size() > to;) {
        Segment* segment = at->second;
        ++at;
        if (segment->dirty || segment->last_use == uses_) continue;
        forget(segment);
        segment->file.reset();
        segment->index.reset();
    }
    return order_.size() < before;
}

}  // namespace cambium::log
