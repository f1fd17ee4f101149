#include "tests/support/http_server.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <list>
#include <mutex>
#include <thread>

namespace e2lm {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Tcp = asio::ip::tcp;
using boost::system::error_code;

std::string head_of(const ServedReply& reply) {
  std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " Served\r\n";
  for (const auto& [name, value] : reply.headers) head += name + ": " + value + "\r\n";
  const int64_t length =
      reply.stated_length >= 0 ? reply.stated_length : static_cast<int64_t>(reply.body.size());
  return head + "Content-Length: " + std::to_string(length) + "\r\n\r\n";
}

ServedRequest request_of(const http::request<http::string_body>& parsed) {
  ServedRequest request{.method = std::string(parsed.method_string()),
                        .target = std::string(parsed.target()),
                        .body = parsed.body()};
  for (const auto& field : parsed) {
    std::string name(field.name_string());
    std::transform(name.begin(), name.end(), name.begin(), ::tolower);
    request.headers[name] = std::string(field.value());
  }
  return request;
}

}  // namespace

struct HttpServer::Impl {
  explicit Impl(Handler given)
      : handler(std::move(given)),
        acceptor(context, Tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        accepting([this] { accept(); }) {}

  ~Impl() {
    stopping = true;
    error_code ignored;
    Tcp::socket wake(context);  // a blocking accept notices nothing else
    wake.connect(acceptor.local_endpoint(), ignored);
    accepting.join();
    {
      const std::lock_guard lock(mutex);
      for (Tcp::socket& socket : sockets) socket.shutdown(Tcp::socket::shutdown_both, ignored);
    }
    for (std::thread& thread : threads) thread.join();
  }

  void accept() {
    while (!stopping) {
      Tcp::socket socket(context);
      error_code failed;
      acceptor.accept(socket, failed);
      if (stopping || failed) continue;
      ++accepted;
      const std::lock_guard lock(mutex);
      Tcp::socket& kept = sockets.emplace_back(std::move(socket));
      threads.emplace_back([this, &kept] { serve(kept); });
    }
  }

  void serve(Tcp::socket& socket) {
    boost::beast::flat_buffer buffer;
    error_code failed;
    while (!stopping && !failed) {
      http::request_parser<http::string_body> parser;
      parser.body_limit(64 << 20);
      http::read(socket, buffer, parser, failed);
      if (failed || !answer(socket, request_of(parser.get()))) break;
    }
    const std::lock_guard lock(mutex);
    socket.shutdown(Tcp::socket::shutdown_both, failed);
    socket.close(failed);
  }

  // Whether the connection goes on.
  bool answer(Tcp::socket& socket, const ServedRequest& request) {
    ServedReply reply;
    {
      const std::lock_guard lock(handling);
      requests.push_back(request);
      reply = handler(request);
    }
    if (reply.silent) return false;
    error_code failed;
    asio::write(socket, asio::buffer(head_of(reply)), failed);
    if (failed) return false;
    if (request.method == "HEAD") return true;
    std::string body = reply.body;
    const int64_t end = std::max(reply.cut_after, reply.stall_after);
    if (end >= 0) body.resize(std::min<size_t>(body.size(), end));
    const size_t piece = reply.drip_ms > 0 ? 1 : std::max<size_t>(1, body.size());
    for (size_t at = 0; at < body.size() && !failed && !stopping; at += piece) {
      asio::write(socket, asio::buffer(body.data() + at, std::min(piece, body.size() - at)),
                  failed);
      if (reply.drip_ms > 0) std::this_thread::sleep_for(std::chrono::milliseconds(reply.drip_ms));
    }
    while (reply.stall_after >= 0 && !stopping) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return !failed && reply.cut_after < 0 && reply.stated_length < 0;
  }

  Handler handler;
  std::mutex handling;  // one request at a time; also of `requests`
  std::vector<ServedRequest> requests;
  std::atomic<bool> stopping = false;
  std::atomic<int> accepted = 0;
  asio::io_context context;
  Tcp::acceptor acceptor;
  std::mutex mutex;  // of what follows
  std::list<Tcp::socket> sockets;
  std::vector<std::thread> threads;
  std::thread accepting;
};

HttpServer::HttpServer(Handler handler) : impl_(std::make_unique<Impl>(std::move(handler))) {}

HttpServer::~HttpServer() = default;

std::string HttpServer::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(impl_->acceptor.local_endpoint().port()) + path;
}

std::vector<ServedRequest> HttpServer::requests() const {
  const std::lock_guard lock(impl_->handling);
  return impl_->requests;
}

int HttpServer::connections() const {
  return impl_->accepted;
}

}  // namespace e2lm
