#include "gateway/auth/auth_stats.h"

namespace ssegw::auth {

std::string_view NameOf(Side side) {
  switch (side) {
    case Side::kSubscriber:
      return "subscriber";
    case Side::kPublisher:
      return "publisher";
  }
  return "";
}

std::string_view NameOf(Result result) {
  switch (result) {
    case Result::kOk:
      return "ok";
    case Result::kAnonymous:
      return "anonymous";
    case Result::kMissing:
      return "missing";
    case Result::kMalformed:
      return NameOf(Failure::kMalformed);
    case Result::kAlgorithm:
      return NameOf(Failure::kAlgorithm);
    case Result::kKey:
      return NameOf(Failure::kKey);
    case Result::kSignature:
      return NameOf(Failure::kSignature);
    case Result::kExpired:
      return NameOf(Failure::kExpired);
    case Result::kNotYet:
      return NameOf(Failure::kNotYet);
    case Result::kIssuer:
      return NameOf(Failure::kIssuer);
    case Result::kAudience:
      return NameOf(Failure::kAudience);
    case Result::kTicket:
      return "ticket";
    case Result::kOrigin:
      return "origin";
    case Result::kForbidden:
      return "forbidden";
  }
  return "";
}

Result ResultOf(Failure failure) {
  switch (failure) {
    case Failure::kMalformed:
      return Result::kMalformed;
    case Failure::kAlgorithm:
      return Result::kAlgorithm;
    case Failure::kKey:
      return Result::kKey;
    case Failure::kSignature:
      return Result::kSignature;
    case Failure::kExpired:
      return Result::kExpired;
    case Failure::kNotYet:
      return Result::kNotYet;
    case Failure::kIssuer:
      return Result::kIssuer;
    case Failure::kAudience:
      return Result::kAudience;
  }
  return Result::kMalformed;
}

}  // namespace ssegw::auth
