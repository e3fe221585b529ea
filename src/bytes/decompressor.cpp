#include <algorithm>
#include <utility>

#include <lz4frame.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include "base/check.hpp"
#include "bytes/compression.hpp"
#include "bytes/cursor.hpp"
#include "bytes/snappy_java.hpp"

namespace cambium {

// One codec's state. An error gives no context: the caller knows what it was reading.
class Decompressor::Engine {
public:
    virtual ~Engine() = default;
    virtual void begin(ByteView in, size_t cap) = 0;
    virtual Result<ByteView> next() = 0;
};

namespace {

using DecompressorEngine = Decompressor::Engine;

class StoredReader final : public DecompressorEngine {
public:
    void begin(ByteView in, size_t) override { in_ = in; }
    Result<ByteView> next() override {
        const ByteView block = in_.first(std::min(in_.size(), decompression_block_bytes));
        in_ = in_.subspan(block.size());
        return block;
    }

private:
    ByteView in_;
};

// What a step of a streaming library did; `failed` when the bytes break the format.
struct Step {
    size_t taken = 0;
    size_t made = 0;
    bool frame_ended = false;
    bool failed = false;
};

// The libraries that read frames and give what fits.
class Frames : public DecompressorEngine {
public:
    void begin(ByteView in, size_t) final {
        in_ = in;
        between_frames_ = true;
        block_.resize(decompression_block_bytes);
        reset();
    }

    Result<ByteView> next() final {
        size_t made = 0;
        while (made < block_.size() && !(between_frames_ && in_.empty())) {
            const Step done = step(in_, block_.mutable_view().subspan(made));
            // A step with room that neither takes nor gives has come to the end of a cut frame.
            if (done.failed || (done.taken == 0 && done.made == 0)) return Errc::corrupt_message;
            in_ = in_.subspan(done.taken);
            made += done.made;
            between_frames_ = done.frame_ended;
        }
        return block_.view().first(made);
    }

private:
    virtual void reset() = 0;
    virtual Step step(ByteView in, MutableBytes out) = 0;

    ByteView in_;
    Buffer block_;
    bool between_frames_ = true;
};

class GzipReader final : public Frames {
public:
    GzipReader() {
        constexpr int gzip_only = 15 + 16;
        check(inflateInit2(&stream_, gzip_only) == Z_OK);
    }
    ~GzipReader() override { inflateEnd(&stream_); }

private:
    void reset() override { inflateReset(&stream_); }
    Step step(ByteView in, MutableBytes out) override {
        stream_.next_in = const_cast<uint8_t*>(in.data());
        stream_.avail_in = static_cast<uInt>(std::min(in.size(), size_t{1} << 30));
        stream_.next_out = out.data();
        stream_.avail_out = static_cast<uInt>(out.size());
        const int status = inflate(&stream_, Z_NO_FLUSH);
        Step step;
        step.taken = static_cast<size_t>(stream_.next_in - in.data());
        step.made = out.size() - stream_.avail_out;
        step.frame_ended = status == Z_STREAM_END;
        step.failed = status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR;
        if (step.frame_ended) inflateReset(&stream_);
        return step;
    }

    z_stream stream_{};
};

class Lz4Reader final : public Frames {
public:
    Lz4Reader() {
        check(LZ4F_isError(LZ4F_createDecompressionContext(&context_, LZ4F_VERSION)) == 0);
    }
    ~Lz4Reader() override { LZ4F_freeDecompressionContext(context_); }

private:
    void reset() override { LZ4F_resetDecompressionContext(context_); }
    Step step(ByteView in, MutableBytes out) override {
        Step step{.taken = in.size(), .made = out.size()};
        const size_t hint =
            LZ4F_decompress(context_, out.data(), &step.made, in.data(), &step.taken, nullptr);
        step.frame_ended = hint == 0;
        step.failed = LZ4F_isError(hint) != 0;
        return step;
    }

    LZ4F_dctx* context_ = nullptr;
};

class ZstdReader final : public Frames {
public:
    ~ZstdReader() override { ZSTD_freeDCtx(context_); }

private:
    // A context keeps its window between frames; one that grew beyond this is not kept.
    static constexpr size_t kept_bytes = 4U << 20;

    void reset() override {
        if (context_ != nullptr && ZSTD_sizeof_DCtx(context_) > kept_bytes) {
            ZSTD_freeDCtx(context_);
            context_ = nullptr;
        }
        if (context_ == nullptr) {
            context_ = ZSTD_createDCtx();
            check(context_ != nullptr);
            ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, zstd_window_log_max);
        }
        ZSTD_DCtx_reset(context_, ZSTD_reset_session_only);
    }
    Step step(ByteView in, MutableBytes out) override {
        ZSTD_inBuffer from{in.data(), in.size(), 0};
        ZSTD_outBuffer to{out.data(), out.size(), 0};
        const size_t hint = ZSTD_decompressStream(context_, &to, &from);
        return {from.pos, to.pos, hint == 0, ZSTD_isError(hint) != 0};
    }

    ZSTD_DCtx* context_ = nullptr;
};

// Raw, or in the framing of snappy-java; a block of either is decompressed whole and handed out in
// parts.
class SnappyReader final : public DecompressorEngine {
public:
    void begin(ByteView in, size_t cap) override {
        in_ = in;
        cap_ = cap;
        block_.clear();
        given_ = 0;
        framed_ = as_text(in).starts_with(snappy_java::magic);
        header_cut_ = framed_ && in.size() < snappy_java::header.size();
        if (framed_ && !header_cut_) in_ = in_.subspan(snappy_java::header.size());
    }

    Result<ByteView> next() override {
        if (header_cut_) return Errc::corrupt_message;
        while (given_ == block_.size() && !in_.empty()) {
            const Result<ByteView> block = next_block();
            if (!block) return block.error();
            if (const Status status = inflate(*block); !status) return status.error();
        }
        const size_t size = std::min(block_.size() - given_, decompression_block_bytes);
        given_ += size;
        return block_.view().subspan(given_ - size, size);
    }

private:
    Result<ByteView> next_block() {
        if (!framed_) return std::exchange(in_, ByteView{});
        Reader reader(in_);
        const auto size = reader.big<int32_t>();
        if (size < 0) return Errc::corrupt_message;
        const ByteView block = reader.bytes(static_cast<size_t>(size));
        if (!reader.ok()) return Errc::corrupt_message;
        in_ = in_.subspan(reader.position());
        return block;
    }

    Status inflate(ByteView from) {
        // Three bytes of snappy copy at most 64, so that a larger claim is a lie.
        constexpr size_t most_per_byte = 64 / 3 + 1;
        const char* const text = as_text(from).data();
        size_t size = 0;
        if (!snappy::GetUncompressedLength(text, from.size(), &size)) return Errc::corrupt_message;
        if (size > cap_) return Errc::message_too_large;
        if (size > from.size() * most_per_byte) return Errc::corrupt_message;
        block_.resize(size);
        given_ = 0;
        if (!snappy::RawUncompress(text, from.size(), reinterpret_cast<char*>(block_.data())))
            return Errc::corrupt_message;
        cap_ -= size;
        return {};
    }

    ByteView in_;
    size_t cap_ = 0;
    Buffer block_;
    size_t given_ = 0;  // of block_
    bool framed_ = false;
    bool header_cut_ = false;
};

std::unique_ptr<DecompressorEngine> make_reader(Codec codec) {
    switch (codec) {
        case Codec::none: return std::make_unique<StoredReader>();
        case Codec::gzip: return std::make_unique<GzipReader>();
        case Codec::snappy: return std::make_unique<SnappyReader>();
        case Codec::lz4: return std::make_unique<Lz4Reader>();
        case Codec::zstd: return std::make_unique<ZstdReader>();
    }
    check(false, codec);
    return nullptr;
}

}  // namespace

Decompressor::Decompressor() = default;
Decompressor::~Decompressor() = default;
Decompressor::Decompressor(Decompressor&&) noexcept = default;
Decompressor& Decompressor::operator=(Decompressor&&) noexcept = default;

void Decompressor::begin(Codec codec, ByteView in, size_t cap) {
    std::unique_ptr<DecompressorEngine>& engine = engines_[static_cast<size_t>(codec)];
    if (!engine) engine = make_reader(codec);
    engine->begin(in, cap);
    current_ = engine.get();
    left_ = cap;
    failed_ = Errc::none;
}

Result<ByteView> Decompressor::next() {
    check(current_ != nullptr);
    if (failed_ != Errc::none) return failed_;
    Result<ByteView> block = current_->next();
    if (!block) failed_ = block.code();
    else if (block->size() > left_) failed_ = Errc::message_too_large;
    if (failed_ != Errc::none) return failed_;
    left_ -= block->size();
    return block;
}

}  // namespace cambium
