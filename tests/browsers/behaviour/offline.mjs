// A machine that is offline while its connections break. It concerns a whole browser, so these tests run
// beside no others.

import { Proxy } from '../../e2e/support/proxy.mjs';
import { DocumentPages } from '../support/document_pages.mjs';
import { Setting } from '../support/setting.mjs';

const closed = 2;

export function offline({ engine, test }) {
  const alone = engine.closesWhenOffline ? 'closes streams for good' : 'brings streams back';
  test(`${alone}, and the documents' pages come back, after a time without a network`, async (t, browser) => {
    if (!browser.setOffline) {
      t.skip('there is no way to take it offline');
      return;
    }
    const setting = await Setting.start(t, browser);
    const { numbers, proxy } = setting;
    const other = await setting.recordOpen();
    const same = await setting.recordOpen(setting.stream(), { page: `${proxy.url}/` });
    const link = await Proxy.start(setting.gateway.http);
    t.after(() => link.close());
    const pages = await DocumentPages.open(t, browser, link.address);
    await pages.assertShow(setting, 'before');

    await browser.setOffline(true);
    t.after(() => browser.setOffline(false));
    for (const way of [proxy, link]) way.cut('rst');
    for (const recorder of [other, same]) {
      await recorder.until('attempts', ({ errors, readyState }) => errors.length >= 3 || readyState === closed);
    }
    await numbers.publish();
    await browser.setOffline(false);

    for (const recorder of [other, same]) {
      await (engine.closesWhenOffline
        ? recorder.until('the end', ({ readyState }) => readyState === closed)
        : recorder.until('what it missed', ({ last }) => last === 1));
    }
    await pages.assertShow(setting, 'after');
  });
}
