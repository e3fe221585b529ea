#include "log/files.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "log/names.hpp"

namespace cambium::log {

namespace {

constexpr int64_t rewrite_block_bytes = int64_t{1} << 20;

Error at_path(const Error& error, const std::string& path) {
    const bool named = error.context.find(path) != std::string::npos;
    if (named) return error;
    return {error.code, error.context.empty() ? path : path + ": " + error.context};
}

}  // namespace

io::Task<Result<Buffer>> read_file(io::Disk* disk, std::string path, int64_t cap) {
    Result<io::FileRef> file = co_await disk->open(path, io::OpenMode::read);
    if (!file) co_return at_path(file.error(), path);
    const Result<int64_t> size = co_await (*file)->size();
    if (!size) co_return at_path(size.error(), path);
    if (*size > cap) co_return Error{Errc::corrupt_data, path + " is larger than it can be"};
    Buffer bytes;
    bytes.resize(static_cast<size_t>(*size));
    const Result<size_t> got = co_await (*file)->pread(0, bytes.mutable_view());
    if (!got) co_return at_path(got.error(), path);
    bytes.resize(*got);
    co_return std::move(bytes);
}

io::Task<Status> write_all(io::FileRef file, int64_t position, ByteView bytes) {
    while (!bytes.empty()) {
        const Result<size_t> wrote = co_await file->writev(position, {&bytes, 1});
        if (!wrote) co_return wrote.error();
        bytes = bytes.subspan(*wrote);
        position += static_cast<int64_t>(*wrote);
    }
    co_return Status();
}

io::Task<Status> read_exactly(io::FileRef file, int64_t position, MutableBytes into) {
    const Result<size_t> got = co_await file->pread(position, into);
    if (!got) co_return got.error();
    if (*got < into.size()) co_return Errc::end_of_stream;
    co_return Status();
}

io::Task<Status> rewrite(io::FileRef file, int64_t from, int64_t to) {
    Buffer block;
    while (from < to) {
        block.resize(static_cast<size_t>(std::min(rewrite_block_bytes, to - from)));
        Status status = co_await read_exactly(file, from, block.mutable_view());
        if (status) status = co_await write_all(file, from, block.view());
        if (!status) co_return status;
        from += static_cast<int64_t>(block.size());
    }
    co_return Status();
}

io::Task<Status> replace_file(io::Disk* disk, std::string path, Buffer bytes) {
    const std::string unfinished = path + std::string(unfinished_suffix);
    Result<io::FileRef> file = co_await disk->open(unfinished, io::OpenMode::create);
    if (!file) co_return at_path(file.error(), unfinished);
    Status status = co_await (*file)->truncate(0);
    if (status) status = co_await write_all(*file, 0, bytes.view());
    if (status) status = co_await (*file)->datasync(io::Where::worker);
    if (status) status = co_await disk->rename(unfinished, path);
    if (!status) co_return at_path(status.error(), path);
    co_return Status();
}

io::Task<Status> remove_tree(io::Disk* disk, std::string path) {
    const Result<std::vector<io::DirectoryEntry>> entries = co_await disk->list(path);
    if (entries.code() == Errc::not_found) co_return Status();
    if (!entries) co_return at_path(entries.error(), path);
    for (const io::DirectoryEntry& entry : *entries) {
        const std::string inside = join(path, entry.name);
        Status removed;
        if (entry.is_directory) removed = co_await disk->remove_directory(inside);
        else removed = co_await disk->unlink(inside);
        if (!removed && removed.code() != Errc::not_found)
            co_return at_path(removed.error(), inside);
    }
    const Status removed = co_await disk->remove_directory(path);
    if (!removed && removed.code() != Errc::not_found) co_return at_path(removed.error(), path);
    co_return Status();
}

}  // namespace cambium::log
