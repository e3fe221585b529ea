// Settings of Kafka that are accepted, because configurations are carried over, and have no effect
// here: names, types, defaults and limits, by theme. Private to settings_table.cpp.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "base/settings.hpp"

namespace cambium::settings_ignored {

using enum SettingType;

// When it may change.
enum class Change : uint8_t { at_start, at_once, at_once_for_one };
using enum Change;

struct Row {
    std::string_view name{};
    SettingType type = text;
    std::optional<std::string_view> standard{};
    Change change = at_start;
    int64_t least = std::numeric_limits<int64_t>::min();
    int64_t most = std::numeric_limits<int64_t>::max();
    std::string_view choices{};
};

constexpr std::nullopt_t none = std::nullopt;

// Groups of consumers: how another coordinator works inside.
constexpr std::string_view groups_text =
    "How another coordinator works inside: this is without effect here.";
constexpr Row groups[] = {
    {"group.coordinator.append.linger.ms", integer, "-1", at_start, -1},
    {"group.coordinator.background.threads", integer, "2", at_start, 1},
    {"group.coordinator.cached.buffer.max.bytes", integer, "1048588", at_once, 524288},
    {"group.coordinator.threads", integer, "4", at_start, 1},
    {"offsets.commit.timeout.ms", integer, "5000", at_start, 1},
    {"offsets.load.buffer.size", integer, "5242880", at_start, 1},
    {"offsets.topic.compression.codec", integer, "0"},
};

// Share groups.
constexpr std::string_view sharing_text =
    "Share groups: not served here yet, so this is without effect.";
constexpr Row sharing[] = {
    {"group.share.assignment.interval.ms", integer, "1000", at_once, 0},
    {"group.share.assignors", list, "simple"},
    {"group.share.delivery.count.limit", integer, "5", at_start, 2, 10},
    {"group.share.heartbeat.interval.ms", integer, "5000", at_start, 1},
    {"group.share.max.assignment.interval.ms", integer, "15000", at_start, 0},
    {"group.share.max.delivery.count.limit", integer, "10", at_start, 5, 25},
    {"group.share.max.heartbeat.interval.ms", integer, "15000", at_start, 1},
    {"group.share.max.partition.max.record.locks", integer, "4000", at_start, 2000, 10000},
    {"group.share.max.record.lock.duration.ms", integer, "60000", at_start, 30000, 3600000},
    {"group.share.max.session.timeout.ms", integer, "60000", at_start, 1},
    {"group.share.max.share.sessions", integer, "2000", at_start, 1},
    {"group.share.max.size", integer, "200", at_start, 1, 1000},
    {"group.share.min.assignment.interval.ms", integer, "0", at_start, 0},
    {"group.share.min.delivery.count.limit", integer, "2", at_start, 2, 5},
    {"group.share.min.heartbeat.interval.ms", integer, "5000", at_start, 1},
    {"group.share.min.partition.max.record.locks", integer, "100", at_start, 100, 2000},
    {"group.share.min.record.lock.duration.ms", integer, "15000", at_start, 1000, 30000},
    {"group.share.min.session.timeout.ms", integer, "45000", at_start, 1},
    {"group.share.partition.max.record.locks", integer, "2000", at_start, 100, 10000},
    {"group.share.record.lock.duration.ms", integer, "30000", at_start, 1000, 3600000},
    {"group.share.session.timeout.ms", integer, "45000", at_start, 1},
    {"share.coordinator.append.linger.ms", integer, "-1", at_start, -1},
    {"share.coordinator.cached.buffer.max.bytes", integer, "1048588", at_once, 524288},
    {"share.coordinator.load.buffer.size", integer, "5242880", at_start, 1},
    {"share.coordinator.snapshot.update.records.per.snapshot", integer, "500", at_start, 0, 500},
    {"share.coordinator.state.topic.compression.codec", integer, "0"},
    {"share.coordinator.state.topic.min.isr", small, "2", at_start, 1},
    {"share.coordinator.state.topic.num.partitions", integer, "50", at_start, 1},
    {"share.coordinator.state.topic.replication.factor", small, "3", at_start, 1},
    {"share.coordinator.state.topic.segment.bytes", integer, "104857600", at_start, 1},
    {"share.coordinator.threads", integer, "1", at_start, 1},
    {"share.coordinator.write.timeout.ms", integer, "5000", at_start, 1},
    {"share.fetch.purgatory.purge.interval.requests", integer, "1000"},
};

// Groups of Kafka Streams.
constexpr std::string_view streams_text =
    "Groups of Kafka Streams: not served here yet, so this is without effect.";
constexpr Row streams[] = {
    {"group.streams.assignment.interval.ms", integer, "1000", at_once, 0},
    {"group.streams.heartbeat.interval.ms", integer, "5000", at_start, 1},
    {"group.streams.initial.rebalance.delay.ms", integer, "3000", at_start, 0},
    {"group.streams.max.assignment.interval.ms", integer, "15000", at_start, 0},
    {"group.streams.max.heartbeat.interval.ms", integer, "15000", at_start, 1},
    {"group.streams.max.session.timeout.ms", integer, "60000", at_start, 1},
    {"group.streams.max.size", integer, "2147483647", at_start, 1},
    {"group.streams.max.standby.replicas", integer, "2", at_start, 0},
    {"group.streams.min.assignment.interval.ms", integer, "0", at_start, 0},
    {"group.streams.min.heartbeat.interval.ms", integer, "5000", at_start, 1},
    {"group.streams.min.session.timeout.ms", integer, "45000", at_start, 1},
    {"group.streams.num.standby.replicas", integer, "0", at_start, 0},
    {"group.streams.session.timeout.ms", integer, "45000", at_start, 1},
};

// Transactions.
constexpr std::string_view transactions_text =
    "Transactions: not served here yet, so this is without effect.";
constexpr Row transactions[] = {
    {"add.partitions.to.txn.retry.backoff.max.ms", integer, "100", at_start, 0},
    {"add.partitions.to.txn.retry.backoff.ms", integer, "20", at_start, 1},
    {"transaction.abort.timed.out.transaction.cleanup.interval.ms", integer, "10000", at_start, 1},
    {"transaction.max.timeout.ms", integer, "900000", at_start, 1},
    {"transaction.partition.verification.enable", boolean, "true", at_once},
    {"transaction.remove.expired.transaction.cleanup.interval.ms", integer, "3600000", at_start, 1},
    {"transaction.state.log.load.buffer.size", integer, "5242880", at_start, 1},
    {"transaction.state.log.min.isr", integer, "2", at_start, 1},
    {"transaction.state.log.num.partitions", integer, "50", at_start, 1},
    {"transaction.state.log.replication.factor", small, "3", at_start, 1},
    {"transaction.state.log.segment.bytes", integer, "104857600", at_start, 1},
    {"transaction.two.phase.commit.enable", boolean, "false"},
    {"transactional.id.expiration.ms", integer, "604800000", at_start, 1},
};

// What several nodes say to each other.
constexpr std::string_view one_node_text =
    "What nodes say to each other, and who leads: one node decides alone, so this is without "
    "effect.";
constexpr Row one_node[] = {
    {"auto.leader.rebalance.enable", boolean, "true"},
    {"broker.heartbeat.interval.ms", integer, "2000"},
    {"broker.session.timeout.ms", integer, "9000"},
    {"controlled.shutdown.enable", boolean, "true"},
    {"controller.listener.names", list},
    {"controller.quorum.append.linger.ms", integer, "25", at_start, 0},
    {"controller.quorum.auto.join.enable", boolean, "false"},
    {"controller.quorum.bootstrap.servers", list, ""},
    {"controller.quorum.election.backoff.max.ms", integer, "1000", at_start, 0},
    {"controller.quorum.election.timeout.ms", integer, "1000", at_start, 0},
    {"controller.quorum.fetch.max.bytes", integer, "1048576", at_start, 1},
    {"controller.quorum.fetch.snapshot.max.bytes", integer, "1048576", at_start, 1},
    {"controller.quorum.fetch.timeout.ms", integer, "2000", at_start, 0},
    {"controller.quorum.request.timeout.ms", integer, "2000", at_start, 0},
    {"controller.quorum.retry.backoff.ms", integer, "20", at_start, 0},
    {"controller.quorum.voters", list, ""},
    {"controller.socket.timeout.ms", integer, "30000"},
    {"early.start.listeners", list},
    {"initial.broker.registration.timeout.ms", integer, "60000"},
    {"inter.broker.listener.name", text},
    {"leader.imbalance.check.interval.seconds", large, "300", at_start, 1},
    {"metadata.log.dir", text},
    {"metadata.log.max.record.bytes.between.snapshots", large, "20971520", at_start, 1},
    {"metadata.log.max.snapshot.interval.ms", large, "3600000", at_start, 0},
    {"metadata.log.segment.bytes", integer, "1073741824", at_start, 8388608},
    {"metadata.log.segment.ms", large, "604800000"},
    {"metadata.max.idle.interval.ms", integer, "500", at_start, 0},
    {"metadata.max.retention.bytes", large, "104857600"},
    {"metadata.max.retention.ms", large, "604800000"},
    {"num.replica.alter.log.dirs.threads", integer},
    {"num.replica.fetchers", integer, "1", at_once, 1},
    {"process.roles", list, none, at_start, INT64_MIN, INT64_MAX, "broker,controller"},
    {"replica.fetch.backoff.ms", integer, "1000", at_start, 0},
    {"replica.fetch.max.bytes", integer, "1048576", at_start, 0},
    {"replica.fetch.min.bytes", integer, "1"},
    {"replica.fetch.response.max.bytes", integer, "10485760", at_start, 0},
    {"replica.fetch.wait.max.ms", integer, "500"},
    {"replica.high.watermark.checkpoint.interval.ms", large, "5000"},
    {"replica.lag.time.max.ms", large, "30000"},
    {"replica.selector.class", text},
    {"replica.socket.receive.buffer.bytes", integer, "65536"},
    {"replica.socket.timeout.ms", integer, "30000"},
};

// Encryption, authentication, permissions.
constexpr std::string_view security_text =
    "Encryption, authentication and permissions: not served here yet, so only the default is "
    "taken.";
constexpr Row security[] = {
    {"authorizer.class.name", text, ""},
    {"connection.failed.authentication.delay.ms", integer, "100", at_start, 0},
    {"connections.max.reauth.ms", large, "0"},
    {"delegation.token.expiry.check.interval.ms", large, "3600000", at_start, 1},
    {"delegation.token.expiry.time.ms", large, "86400000", at_start, 1},
    {"delegation.token.max.lifetime.ms", large, "604800000", at_start, 1},
    {"delegation.token.secret.key", password},
    {"principal.builder.class", class_name,
     "org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder",
     at_once_for_one},
    {"sasl.client.callback.handler.class", class_name},
    {"sasl.enabled.mechanisms", list, "GSSAPI", at_once_for_one},
    {"sasl.jaas.config", password, none, at_once_for_one},
    {"sasl.kerberos.kinit.cmd", text, "/usr/bin/kinit", at_once_for_one},
    {"sasl.kerberos.min.time.before.relogin", large, "60000", at_once_for_one},
    {"sasl.kerberos.principal.to.local.rules", list, "DEFAULT", at_once_for_one},
    {"sasl.kerberos.service.name", text, none, at_once_for_one},
    {"sasl.kerberos.ticket.renew.jitter", real, "0.05", at_once_for_one},
    {"sasl.kerberos.ticket.renew.window.factor", real, "0.8", at_once_for_one},
    {"sasl.login.callback.handler.class", class_name},
    {"sasl.login.class", class_name},
    {"sasl.login.connect.timeout.ms", integer},
    {"sasl.login.read.timeout.ms", integer},
    {"sasl.login.refresh.buffer.seconds", small, "300", at_once_for_one},
    {"sasl.login.refresh.min.period.seconds", small, "60", at_once_for_one},
    {"sasl.login.refresh.window.factor", real, "0.8", at_once_for_one},
    {"sasl.login.refresh.window.jitter", real, "0.05", at_once_for_one},
    {"sasl.login.retry.backoff.max.ms", large, "10000"},
    {"sasl.login.retry.backoff.ms", large, "100"},
    {"sasl.mechanism.controller.protocol", text, "GSSAPI"},
    {"sasl.mechanism.inter.broker.protocol", text, "GSSAPI", at_once_for_one},
    {"sasl.oauthbearer.assertion.algorithm", text, "RS256"},
    {"sasl.oauthbearer.assertion.claim.aud", text},
    {"sasl.oauthbearer.assertion.claim.exp.seconds", integer, "300", at_start, 0, 86400},
    {"sasl.oauthbearer.assertion.claim.iss", text},
    {"sasl.oauthbearer.assertion.claim.jti.include", boolean, "false"},
    {"sasl.oauthbearer.assertion.claim.nbf.seconds", integer, "60", at_start, 0, 3600},
    {"sasl.oauthbearer.assertion.claim.sub", text},
    {"sasl.oauthbearer.assertion.file", text},
    {"sasl.oauthbearer.assertion.private.key.file", text},
    {"sasl.oauthbearer.assertion.private.key.passphrase", password},
    {"sasl.oauthbearer.assertion.template.file", text},
    {"sasl.oauthbearer.client.credentials.client.id", text},
    {"sasl.oauthbearer.client.credentials.client.secret", password},
    {"sasl.oauthbearer.clock.skew.seconds", integer, "30"},
    {"sasl.oauthbearer.expected.audience", list, ""},
    {"sasl.oauthbearer.expected.issuer", text},
    {"sasl.oauthbearer.jwks.endpoint.refresh.ms", large, "3600000"},
    {"sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms", large, "10000"},
    {"sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", large, "100"},
    {"sasl.oauthbearer.jwks.endpoint.url", text},
    {"sasl.oauthbearer.jwt.retriever.class", class_name,
     "org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever"},
    {"sasl.oauthbearer.jwt.validator.class", class_name,
     "org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator"},
    {"sasl.oauthbearer.scope", text},
    {"sasl.oauthbearer.scope.claim.name", text, "scope"},
    {"sasl.oauthbearer.sub.claim.name", text, "sub"},
    {"sasl.oauthbearer.token.endpoint.url", text},
    {"sasl.server.callback.handler.class", class_name},
    {"sasl.server.max.receive.size", integer, "524288"},
    {"security.inter.broker.protocol", text, "PLAINTEXT", at_start, INT64_MIN, INT64_MAX,
     "PLAINTEXT,SSL,SASL_PLAINTEXT,SASL_SSL"},
    {"security.providers", text},
    {"ssl.allow.dn.changes", boolean, "false"},
    {"ssl.allow.san.changes", boolean, "false"},
    {"ssl.cipher.suites", list, "", at_once_for_one},
    {"ssl.client.auth", text, "none", at_once_for_one, INT64_MIN, INT64_MAX,
     "required,requested,none"},
    {"ssl.enabled.protocols", list, "TLSv1.2,TLSv1.3", at_once_for_one},
    {"ssl.endpoint.identification.algorithm", text, "https", at_once_for_one},
    {"ssl.engine.factory.class", class_name, none, at_once_for_one},
    {"ssl.key.password", password, none, at_once_for_one},
    {"ssl.keymanager.algorithm", text, "SunX509", at_once_for_one},
    {"ssl.keystore.certificate.chain", password, none, at_once_for_one},
    {"ssl.keystore.key", password, none, at_once_for_one},
    {"ssl.keystore.location", text, none, at_once_for_one},
    {"ssl.keystore.password", password, none, at_once_for_one},
    {"ssl.keystore.type", text, "JKS", at_once_for_one},
    {"ssl.principal.mapping.rules", text, "DEFAULT"},
    {"ssl.protocol", text, "TLSv1.3", at_once_for_one},
    {"ssl.provider", text, none, at_once_for_one},
    {"ssl.secure.random.implementation", text, none, at_once_for_one},
    {"ssl.trustmanager.algorithm", text, "PKIX", at_once_for_one},
    {"ssl.truststore.certificates", password, none, at_once_for_one},
    {"ssl.truststore.location", text, none, at_once_for_one},
    {"ssl.truststore.password", password, none, at_once_for_one},
    {"ssl.truststore.type", text, "JKS", at_once_for_one},
};

// Quotas.
constexpr std::string_view quotas_text =
    "Quotas: none are kept here yet, so this is without effect.";
constexpr Row quotas[] = {
    {"alter.log.dirs.replication.quota.window.num", integer, "11", at_start, 1},
    {"alter.log.dirs.replication.quota.window.size.seconds", integer, "1", at_start, 1},
    {"controller.quota.window.num", integer, "11", at_start, 1},
    {"controller.quota.window.size.seconds", integer, "1", at_start, 1},
    {"quota.window.num", integer, "11", at_start, 1},
    {"quota.window.size.seconds", integer, "1", at_start, 1},
    {"replication.quota.window.num", integer, "11", at_start, 1},
    {"replication.quota.window.size.seconds", integer, "1", at_start, 1},
};

// Throttles, which are described only where they are set, as in Kafka.
constexpr Row throttles[] = {
    {"follower.replication.throttled.rate", large, none, at_once},
    {"leader.replication.throttled.rate", large, none, at_once},
    {"replica.alter.log.dirs.io.max.bytes.per.second", large, none, at_once},
};

// Tiered storage.
constexpr std::string_view tiered_text =
    "Tiered storage: there is none here, so this is without effect.";
constexpr Row tiered[] = {
    {"follower.fetch.last.tiered.offset.enable", boolean, "false", at_once},
    {"remote.fetch.max.wait.ms", integer, "500", at_once, 1},
    {"remote.list.offsets.request.timeout.ms", large, "30000", at_once, 1},
    {"remote.log.index.file.cache.total.size.bytes", large, "1073741824", at_once, 1},
    {"remote.log.manager.copier.thread.pool.size", integer, "10", at_once, 1},
    {"remote.log.manager.copy.max.bytes.per.second", large, "9223372036854775807", at_once, 1},
    {"remote.log.manager.copy.quota.window.num", integer, "11", at_start, 1},
    {"remote.log.manager.copy.quota.window.size.seconds", integer, "1", at_start, 1},
    {"remote.log.manager.expiration.thread.pool.size", integer, "10", at_once, 1},
    {"remote.log.manager.fetch.max.bytes.per.second", large, "9223372036854775807", at_once, 1},
    {"remote.log.manager.fetch.quota.window.num", integer, "11", at_start, 1},
    {"remote.log.manager.fetch.quota.window.size.seconds", integer, "1", at_start, 1},
    {"remote.log.manager.follower.thread.pool.size", integer, "2", at_once, 1},
    {"remote.log.manager.task.interval.ms", large, "30000", at_start, 1},
    {"remote.log.manager.thread.pool.size", integer, "2", at_start, 1},
    {"remote.log.metadata.custom.metadata.max.bytes", integer, "128", at_start, 0},
    {"remote.log.metadata.manager.class.name", text,
     "org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager"},
    {"remote.log.metadata.manager.class.path", text},
    {"remote.log.metadata.manager.impl.prefix", text, "rlmm.config."},
    {"remote.log.metadata.manager.listener.name", text},
    {"remote.log.reader.max.pending.tasks", integer, "100", at_start, 1},
    {"remote.log.reader.threads", integer, "10", at_once, 1},
    {"remote.log.storage.manager.class.name", text},
    {"remote.log.storage.manager.class.path", text},
    {"remote.log.storage.manager.impl.prefix", text, "rsm.config."},
};

// Compaction.
constexpr std::string_view cleaning_text =
    "The machinery of compaction, which works in another way here: without effect.";
constexpr Row cleaning[] = {
    {"log.cleaner.backoff.ms", large, "15000", at_once, 0},
    {"log.cleaner.dedupe.buffer.size", large, "134217728", at_once},
    {"log.cleaner.enable", boolean, "true"},
    {"log.cleaner.io.buffer.load.factor", real, "0.9", at_once},
    {"log.cleaner.io.buffer.size", integer, "524288", at_once, 0},
    {"log.cleaner.io.max.bytes.per.second", real, "1.7976931348623157E308", at_once},
    {"log.cleaner.threads", integer, "1", at_once, 0},
};

// Threads.
constexpr std::string_view threads_text =
    "Threads: this server has an event loop and a few helpers of its own; without effect.";
constexpr Row threads[] = {
    {"background.threads", integer, "10", at_once, 1},
    {"num.io.threads", integer, "8", at_once, 1},
    {"num.network.threads", integer, "3", at_once, 1},
    {"num.recovery.threads.per.data.dir", integer, "2", at_once, 1},
};

// Sockets.
constexpr std::string_view sockets_text =
    "Sockets have the sizes of the operating system here; without effect.";
constexpr Row sockets[] = {
    {"socket.connection.setup.timeout.max.ms", large, "30000"},
    {"socket.connection.setup.timeout.ms", large, "10000"},
    {"socket.listen.backlog.size", integer, "50", at_start, 1},
    {"socket.receive.buffer.bytes", integer, "102400"},
    {"socket.send.buffer.bytes", integer, "102400"},
};

// How waiting requests are kept.
constexpr std::string_view purgatories_text =
    "How waiting requests are kept, which is another way here; without effect.";
constexpr Row purgatories[] = {
    {"delete.records.purgatory.purge.interval.requests", integer, "1"},
    {"fetch.purgatory.purge.interval.requests", integer, "1000"},
    {"producer.purgatory.purge.interval.requests", integer, "1000"},
};

// Metrics.
constexpr std::string_view reports_text =
    "Metrics are at /metrics for whoever asks; without effect.";
constexpr Row reports[] = {
    {"kafka.metrics.polling.interval.secs", integer, "10", at_start, 1},
    {"kafka.metrics.reporters", list, ""},
    {"metric.reporters", list, "org.apache.kafka.common.metrics.JmxReporter", at_once},
    {"metrics.num.samples", integer, "2", at_start, 1},
    {"metrics.recording.level", text, "INFO"},
    {"metrics.sample.window.ms", large, "30000", at_start, 1},
    {"telemetry.max.bytes", integer, "1048576", at_start, 1},
};

// Classes of Java.
constexpr std::string_view plug_ins_text =
    "Classes of Java cannot be loaded here, so only the default is taken.";
constexpr Row plug_ins[] = {
    {"alter.config.policy.class.name", class_name},
    {"client.quota.callback.class", class_name},
    {"config.providers", list, "", at_once},
    {"create.topic.policy.class.name", class_name},
};

// The rest.
constexpr std::string_view others_text =
    "Kafka keeps files of its own here, or waits in its own way; without effect.";
constexpr Row others[] = {
    {"cordoned.log.dirs", list, "", at_once_for_one},
    {"log.dir.failure.timeout.ms", large, "30000", at_start, 1},
    {"log.flush.offset.checkpoint.interval.ms", integer, "60000", at_start, 0},
    {"log.flush.start.offset.checkpoint.interval.ms", integer, "60000", at_start, 0},
};

}  // namespace cambium::settings_ignored
