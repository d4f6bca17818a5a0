// `request` of node:http or of node:https, as the address says.
import {
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { request as httpsRequest } from 'node:https';

export function requestTo(
  url: URL,
  options: RequestOptions,
  answered: (answer: IncomingMessage) => void,
): ClientRequest {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return request(url, options, answered);
}
