import { fetchEventSource } from '@microsoft/fetch-event-source';

export function subscribe(url, page) {
  fetchEventSource(url, {
    openWhenHidden: true, // otherwise a hidden tab closes its stream, and begins again when it is seen
    onmessage({ event, data, id }) {
      if (event) page.control(event, data, id);
      else page.show(data, id);
    },
    onclose() {
      throw new Error('the stream has ended: come back');
    },
  });
}
