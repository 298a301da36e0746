import { fetchEventSource } from '@microsoft/fetch-event-source';

export function subscribe(url, page) {
  fetchEventSource(url, {
    onmessage(event) {
      page.show(event.data, event.id);
    },
  });
}
